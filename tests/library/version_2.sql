BEGIN TRANSACTION;
CREATE TABLE callbacks (
	task_id VARCHAR(36) NOT NULL, 
	principal VARCHAR(200) NOT NULL, 
	url TEXT NOT NULL, 
	host VARCHAR(260) NOT NULL, 
	status VARCHAR(10) NOT NULL, 
	due_at BIGINT NOT NULL, 
	claimed_until BIGINT NOT NULL, 
	attempts INTEGER NOT NULL, 
	last_outcome VARCHAR(80), 
	settled_at BIGINT, 
	PRIMARY KEY (task_id), 
	FOREIGN KEY(task_id) REFERENCES tasks (id) ON DELETE CASCADE
);
INSERT INTO "callbacks" VALUES('bd3ee5e4-b56f-42d3-a8cf-b0f947987bd7','local','https://example.com/done','example.com','pending',0,0,0,NULL,NULL);
CREATE TABLE producer_calls (
	task_id VARCHAR(36) NOT NULL, 
	principal VARCHAR(200) NOT NULL, 
	type VARCHAR(10) NOT NULL, 
	trace_id VARCHAR(36) NOT NULL, 
	created_at BIGINT NOT NULL, 
	request JSON NOT NULL, 
	base_url TEXT NOT NULL, 
	idempotency_key VARCHAR(64), 
	finished_at BIGINT, 
	response JSON, 
	PRIMARY KEY (task_id), 
	UNIQUE (principal, idempotency_key)
);
CREATE TABLE schema_version (
	only_row INTEGER NOT NULL CHECK (only_row = 1), 
	version INTEGER NOT NULL, 
	PRIMARY KEY (only_row)
);
INSERT INTO "schema_version" VALUES(1,2);
CREATE TABLE song_parents (
	song_id VARCHAR(36) NOT NULL, 
	position INTEGER NOT NULL, 
	parent_id VARCHAR(36) NOT NULL, 
	PRIMARY KEY (song_id, position), 
	FOREIGN KEY(song_id) REFERENCES songs (id) ON DELETE CASCADE
);
INSERT INTO "song_parents" VALUES('89e657d7-d346-40f7-9f53-4c18c889acbc',0,'a056ecfb-8b47-46f1-b1ab-d96a10cc86a1');
CREATE TABLE songs (
	id VARCHAR(36) NOT NULL, 
	principal VARCHAR(200) NOT NULL, 
	created_at BIGINT NOT NULL, 
	search_text TEXT NOT NULL, 
	song JSON NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "songs" VALUES('a056ecfb-8b47-46f1-b1ab-d96a10cc86a1','local',1795913419624652,'kept before
slow waltz
scripted','{"id": "a056ecfb-8b47-46f1-b1ab-d96a10cc86a1", "task_id": "5556ed4f-7d68-4cec-9779-30073001d6d3", "created_at": "2026-11-29T00:50:19.624652Z", "engine": "scripted", "engine_version": "1", "action": {"model": "FUZZ-2.0", "callback_url": null, "async": false, "prompt": "slow waltz", "lyric": "", "custom": null, "instrumental": false, "title": "Kept before", "seed": "1", "weirdness": 0.5, "sound_strength": 0.5, "lyrics_strength": 0.5, "vocal_gender": null, "action": "generate"}, "parents": [], "facts": {"title": "Kept before", "duration_seconds": 4.0, "tempo_bpm": 120.0, "key": "C major", "time_signature": "4/4", "genre": "scripted", "voice": null, "lyric": "", "sections": [{"name": "verse", "start_seconds": 0.0, "end_seconds": 2.0, "start_bar": 1, "bars": 1}, {"name": "chorus", "start_seconds": 2.0, "end_seconds": 4.0, "start_bar": 2, "bars": 1}], "bar_seconds": [], "lyric_lines": [], "loudness": {"integrated_lufs": -14.0, "true_peak_dbtp": -1.0}, "seed": "1", "model": "scripted", "understanding": {"understood": [], "not_understood": [], "notes": ["auto chose ''scripted'', which is installed"]}, "promise": null, "silent_stems": [], "measured": {"duration_seconds": 4.0, "tempo_bpm": null, "tempo_confidence": 0.0, "other_tempi_bpm": [], "key": "Bb major", "key_confidence": 0.016, "key_runner_up": "Bb minor", "tuning_cents": 1.0, "integrated_lufs": -19.2, "true_peak_dbtp": -14.1, "leading_silence_seconds": 0.0, "trailing_silence_seconds": 0.0, "longest_inner_silence_seconds": 0.0, "clipped_samples": 0, "clicks": 0, "sections": [{"label": "A", "start_seconds": 0.0, "end_seconds": 4.0, "level_db": -21.3}], "vocals": {"sung_share": 0.998, "lowest_midi_pitch": 46.0, "highest_midi_pitch": 46.0, "within_50_cents": null, "median_error_cents": null, "median_onset_error_seconds": null}}, "agreement": {"asked_tempo_bpm": 120.0, "heard_tempo_bpm": null, "tempo": "not heard", "tempo_error_percent": null, "asked_key": "C major", "heard_key": "Bb major", "key": "other"}, "remote_id": null, "from_recording": false}, "stems": ["vocals", "drums", "bass", "other"], "has_score": true, "cost_usd": 0.0}');
INSERT INTO "songs" VALUES('89e657d7-d346-40f7-9f53-4c18c889acbc','local',1795913420443480,'an edit
faster
scripted','{"id": "89e657d7-d346-40f7-9f53-4c18c889acbc", "task_id": "8b12c5ae-0cff-414b-bcb8-10130fea3065", "created_at": "2026-11-29T00:50:20.443480Z", "engine": "scripted", "engine_version": "1", "action": {"model": "FUZZ-2.0", "callback_url": null, "async": false, "prompt": "faster", "lyric": "", "custom": null, "instrumental": false, "title": "An edit", "seed": "1", "weirdness": 0.5, "sound_strength": 0.5, "lyrics_strength": 0.5, "vocal_gender": null, "audio_id": "a056ecfb-8b47-46f1-b1ab-d96a10cc86a1", "action": "variation"}, "parents": [{"song_id": "a056ecfb-8b47-46f1-b1ab-d96a10cc86a1", "role": "source"}], "facts": {"title": "An edit", "duration_seconds": 4.0, "tempo_bpm": 120.0, "key": "C major", "time_signature": "4/4", "genre": "scripted", "voice": null, "lyric": "", "sections": [{"name": "verse", "start_seconds": 0.0, "end_seconds": 2.0, "start_bar": 1, "bars": 1}, {"name": "chorus", "start_seconds": 2.0, "end_seconds": 4.0, "start_bar": 2, "bars": 1}], "bar_seconds": [], "lyric_lines": [], "loudness": {"integrated_lufs": -14.0, "true_peak_dbtp": -1.0}, "seed": "1", "model": "scripted", "understanding": {"understood": [], "not_understood": [], "notes": ["auto chose ''scripted'', which made the song"]}, "promise": null, "silent_stems": [], "measured": {"duration_seconds": 4.0, "tempo_bpm": null, "tempo_confidence": 0.0, "other_tempi_bpm": [], "key": "Bb major", "key_confidence": 0.016, "key_runner_up": "Bb minor", "tuning_cents": 1.0, "integrated_lufs": -19.2, "true_peak_dbtp": -14.1, "leading_silence_seconds": 0.0, "trailing_silence_seconds": 0.0, "longest_inner_silence_seconds": 0.0, "clipped_samples": 0, "clicks": 0, "sections": [{"label": "A", "start_seconds": 0.0, "end_seconds": 4.0, "level_db": -21.3}], "vocals": {"sung_share": 0.998, "lowest_midi_pitch": 46.0, "highest_midi_pitch": 46.0, "within_50_cents": null, "median_error_cents": null, "median_onset_error_seconds": null}}, "agreement": {"asked_tempo_bpm": 120.0, "heard_tempo_bpm": null, "tempo": "not heard", "tempo_error_percent": null, "asked_key": "C major", "heard_key": "Bb major", "key": "other"}, "remote_id": null, "from_recording": false}, "stems": ["vocals", "drums", "bass", "other"], "has_score": true, "cost_usd": 0.0}');
CREATE TABLE task_events (
	number INTEGER NOT NULL, 
	task_id VARCHAR(36) NOT NULL, 
	principal VARCHAR(200) NOT NULL, 
	happened_at BIGINT NOT NULL, 
	status VARCHAR(10) NOT NULL, 
	PRIMARY KEY (number), 
	FOREIGN KEY(task_id) REFERENCES tasks (id) ON DELETE CASCADE
);
INSERT INTO "task_events" VALUES(1,'5556ed4f-7d68-4cec-9779-30073001d6d3','local',1795913417473149,'queued');
INSERT INTO "task_events" VALUES(2,'5556ed4f-7d68-4cec-9779-30073001d6d3','local',1795913417485902,'running');
INSERT INTO "task_events" VALUES(3,'5556ed4f-7d68-4cec-9779-30073001d6d3','local',1795913419659517,'succeeded');
INSERT INTO "task_events" VALUES(4,'8b12c5ae-0cff-414b-bcb8-10130fea3065','local',1795913419678825,'queued');
INSERT INTO "task_events" VALUES(5,'8b12c5ae-0cff-414b-bcb8-10130fea3065','local',1795913419684762,'running');
INSERT INTO "task_events" VALUES(6,'8b12c5ae-0cff-414b-bcb8-10130fea3065','local',1795913420501881,'succeeded');
INSERT INTO "task_events" VALUES(7,'28da8fe0-225a-4221-b2fe-8a5ea79b3839','local',1795913420549898,'queued');
INSERT INTO "task_events" VALUES(8,'28da8fe0-225a-4221-b2fe-8a5ea79b3839','local',1795913420576422,'running');
INSERT INTO "task_events" VALUES(9,'bd3ee5e4-b56f-42d3-a8cf-b0f947987bd7','local',1795913420599311,'queued');
CREATE TABLE tasks (
	id VARCHAR(36) NOT NULL, 
	principal VARCHAR(200) NOT NULL, 
	created_at BIGINT NOT NULL, 
	engine VARCHAR(40) NOT NULL, 
	action JSON NOT NULL, 
	seed VARCHAR(64) NOT NULL, 
	song_id VARCHAR(36) NOT NULL, 
	request_id VARCHAR(200), 
	fingerprint VARCHAR(64) NOT NULL, 
	status VARCHAR(10) NOT NULL, 
	state JSON NOT NULL, 
	memory JSON NOT NULL, 
	attempts INTEGER NOT NULL, 
	job_id VARCHAR(60), 
	PRIMARY KEY (id), 
	UNIQUE (principal, request_id), 
	UNIQUE (song_id)
);
INSERT INTO "tasks" VALUES('5556ed4f-7d68-4cec-9779-30073001d6d3','local',1795913417471529,'scripted','{"model": "FUZZ-2.0", "callback_url": null, "async": false, "prompt": "slow waltz", "lyric": "", "custom": null, "instrumental": false, "title": "Kept before", "seed": "1", "weirdness": 0.5, "sound_strength": 0.5, "lyrics_strength": 0.5, "vocal_gender": null, "action": "generate"}','1','a056ecfb-8b47-46f1-b1ab-d96a10cc86a1',NULL,'b0a8e0f876575e7ade3a72b15a8cadf6fda5933c73eeaffca4cfb112e4ee9174','succeeded','{"status": "succeeded", "started_at": "2026-11-29T00:50:17.485408Z", "finished_at": "2026-11-29T00:50:19.659103Z", "song_id": "a056ecfb-8b47-46f1-b1ab-d96a10cc86a1"}','{"engine_reason": "auto chose ''scripted'', which is installed"}',1,'001432ef-d561-45e3-aeb5-3ee7d31b4a5a');
INSERT INTO "tasks" VALUES('8b12c5ae-0cff-414b-bcb8-10130fea3065','local',1795913419678215,'scripted','{"model": "FUZZ-2.0", "callback_url": null, "async": false, "prompt": "faster", "lyric": "", "custom": null, "instrumental": false, "title": "An edit", "seed": "1", "weirdness": 0.5, "sound_strength": 0.5, "lyrics_strength": 0.5, "vocal_gender": null, "audio_id": "a056ecfb-8b47-46f1-b1ab-d96a10cc86a1", "action": "variation"}','1','89e657d7-d346-40f7-9f53-4c18c889acbc',NULL,'53663dfe25ec68321ee1b994af06d2822ac5862cf6e78ff26509fffa973c4a96','succeeded','{"status": "succeeded", "started_at": "2026-11-29T00:50:19.684536Z", "finished_at": "2026-11-29T00:50:20.501560Z", "song_id": "89e657d7-d346-40f7-9f53-4c18c889acbc"}','{"engine_reason": "auto chose ''scripted'', which made the song"}',1,'88a91e31-2b74-4762-a33f-4243826bb544');
INSERT INTO "tasks" VALUES('28da8fe0-225a-4221-b2fe-8a5ea79b3839','local',1795913420548818,'scripted','{"model": "FUZZ-2.0", "callback_url": null, "async": false, "prompt": "slow waltz", "lyric": "", "custom": null, "instrumental": false, "title": "In flight", "seed": "2", "weirdness": 0.5, "sound_strength": 0.5, "lyrics_strength": 0.5, "vocal_gender": null, "action": "generate"}','2','ceaa8751-8482-4d93-b664-9ccd452f3ed5','In flight','In flight','running','{"status": "running", "started_at": "2026-11-29T00:50:20.575614Z", "progress": {"fraction": 0.0, "stage": "starting"}}','{}',1,'a job of another process');
INSERT INTO "tasks" VALUES('bd3ee5e4-b56f-42d3-a8cf-b0f947987bd7','local',1795913420598570,'scripted','{"model": "FUZZ-2.0", "callback_url": "https://example.com/done", "async": false, "prompt": "slow waltz", "lyric": "", "custom": null, "instrumental": false, "title": "Waiting", "seed": "2", "weirdness": 0.5, "sound_strength": 0.5, "lyrics_strength": 0.5, "vocal_gender": null, "action": "generate"}','2','37334eed-1636-44f4-8fdf-090e3856e775','Waiting','Waiting','queued','{"status": "queued"}','{}',0,NULL);
CREATE INDEX tasks_by_status ON tasks (status, created_at);
CREATE INDEX tasks_by_age ON tasks (principal, created_at, id);
CREATE INDEX songs_by_age ON songs (principal, created_at, id);
CREATE INDEX producer_calls_by_age ON producer_calls (principal, created_at, task_id);
CREATE INDEX ix_song_parents_parent_id ON song_parents (parent_id);
CREATE INDEX callbacks_by_due_time ON callbacks (status, due_at);
COMMIT;
