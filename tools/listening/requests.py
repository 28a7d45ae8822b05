"""The fixed requests: two for each of twelve genres, each with a tempo, a key and words of its own."""

from __future__ import annotations

import random
from dataclasses import dataclass

from songwright.music.actions import Generate

__all__ = ["CONTROL", "REQUESTS", "SEEDS_REQUEST", "Request"]


LENGTH_SECONDS = 75
"""Long enough for a verse, choruses and an instrumental, short enough that 24 take minutes."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request and what it asks for.

    Attributes:
        name: Short and unique, such as "pop-1".
        style: What the prompt says besides tempo and key.
        key: As a key writes itself, such as "Bb minor".
    """

    name: str
    genre: str
    style: str
    tempo_bpm: float
    key: str
    lyric: str

    @property
    def action(self) -> Generate:
        """The request as a client would send it."""
        return Generate(
            prompt=f"{self.style}, {self.tempo_bpm:g} bpm, in {self.key}, {LENGTH_SECONDS} seconds",
            lyric=self.lyric,
            seed=f"listen-{self.name}",
        )


def _sheet(verse: str, chorus: str) -> str:
    return f"[Verse]\n{verse.strip()}\n\n[Chorus]\n{chorus.strip()}"


REQUESTS: tuple[Request, ...] = (
    Request("pop-1", "pop", "bright pop, female voice, piano and synths", 112, "C major", _sheet(
        """
Paper boats along the harbour wall
Every name we wrote has washed away
Still I hear the summer when you call
Golden like the middle of the day
""", """
Turn the lights up over the avenue
I am coming home to you
Turn the radio up and sing it too
Nothing here is old or new
""")),
    Request("pop-2", "pop", "sad pop ballad, male voice, piano and strings", 76, "A minor", _sheet(
        """
There is a garden nobody waters
Down at the end of the road
Letters are folded under the window
Stories that never were told
""", """
Leave me a candle, leave me a reason
Leave me the sound of the rain
I will be waiting after the season
Learning to breathe it again
""")),
    Request("rock-1", "rock", "driving rock, male voice, electric guitars", 138, "E minor", _sheet(
        """
Black iron bridge in the morning heat
Dust in the engine, stones in my feet
Nobody told us the river was wide
Nobody promised us room for the ride
""", """
Break every window, open the door
We are not sleeping here any more
Break every signal, burn every line
Give me the thunder and I will be fine
""")),
    Request("rock-2", "rock", "anthemic rock, female voice, big drums", 124, "D major", _sheet(
        """
Seven in the evening and the stadium is bright
Someone lost a jacket and somebody lost a fight
Flags above the harbour and a whistle on the wind
We remember everything that all of us have sinned
""", """
Lift me over the mountain
Carry me over the foam
Lift me over the mountain
All of my heroes are home
""")),
    Request("folk-1", "indie folk", "warm indie folk, acoustic guitar, female voice", 96, "G major", _sheet(
        """
My grandmother planted a cherry tree
The year that the soldiers came through
She carried the water on bended knee
And sang it the songs that she knew
""", """
Grow, little blossom, grow in the cold
Nobody owns you, nobody sold
Grow, little blossom, white as a dove
Everything living is learning to love
""")),
    Request("folk-2", "indie folk", "quiet indie folk, picked guitar, male voice", 84, "D minor", _sheet(
        """
Salt on the table and bread in the hand
Winter comes walking on over the land
Brother, your coat is too thin for the snow
Tell me the name of the place that you go
""", """
North of the valley, north of the pines
North of the railway and the telephone lines
Follow the heron, follow the stream
North of the valley, north of a dream
""")),
    Request("country-1", "country", "upbeat country, male voice, fiddle and banjo", 118, "A major", _sheet(
        """
Grandpa had a wagon and a rusty old guitar
Painted on the side of it a single silver star
Every second Saturday he drove it into town
Everybody gathered when the sun was going down
""", """
Oh, the wheels keep rolling
Rolling down the hill
Oh, the bells keep tolling
And I love you still
""")),
    Request("country-2", "country", "slow country waltz, female voice, steel, 3/4", 92, "F major", _sheet(
        """
Blue is the colour of evening in June
Low on the prairie there hangs a full moon
You wore a ribbon, I wore a frown
Waiting for someone to ask you around
""", """
Dance with me, darling, around and around
Soft as a feather that falls to the ground
Dance with me, darling, until we are old
Silver is pretty but kisses are gold
""")),
    Request("rnb-1", "r&b", "smooth r&b, female voice, electric piano", 88, "Eb major", _sheet(
        """
Velvet on the sofa and the candle burning low
Tell me all the secrets that you never let me know
Underneath the ceiling where the shadows come to play
I could read your body like a letter every day
""", """
Slow it down, slow it down
Let the river find the sea
Slow it down, slow it down
Put your head on me
""")),
    Request("rnb-2", "r&b", "late night r&b, male voice, deep bass", 72, "F minor", _sheet(
        """
Midnight on the balcony, the city made of glass
Every taxi passing is a question that I ask
You were like a compass when I didn't have a name
Now I turn in circles and I cannot feel the same
""", """
Call me when the lights are low
Call me when you want to know
Who will be around to stay
When the music fades away
""")),
    Request("hiphop-1", "hip hop", "boom bap hip hop, male voice, dusty drums", 92, "C minor", _sheet(
        """
Concrete in the morning and the kettle on the boil
Father in the factory with fingers full of oil
Mother at the market with a basket and a prayer
I was at the corner making music out of air
""", """
Hands up if you ever had to run
Hands up if you ever saw the sun
Hands up, everybody in the back
We are never falling through the crack
""")),
    Request("hiphop-2", "hip hop", "laid back hip hop, female voice, jazzy keys", 86, "G minor", _sheet(
        """
Take a little paper and a pencil and a seat
Put a little pepper on the middle of the beat
Every kind of people in the kitchen and the hall
Somebody is painting all the numbers on the wall
""", """
Easy now, easy now
Let the water boil
Easy now, easy now
Seeds are in the soil
""")),
    Request("house-1", "house", "uplifting house, female voice, piano stabs", 124, "A minor", _sheet(
        """
Silver on the ceiling, silver on the floor
Everybody moving like they never moved before
Close your eyes and follow where the rhythm wants to go
Higher than the mountain and a million miles below
""", """
Take me to the morning
Take me to the light
Take me to the morning
We can fly tonight
""")),
    Request("house-2", "house", "deep house, male voice, warm pads", 120, "D minor", _sheet(
        """
Ocean in the window of a house upon the sand
Slowly all the numbers fall like water from my hand
Nothing that I carried ever mattered in the end
Only that I found you and you took me as a friend
""", """
Deeper, we go deeper
Down below the blue
Deeper, we go deeper
Into something true
""")),
    Request("synthwave-1", "synthwave", "synthwave, male voice, neon arpeggios", 100, "F# minor", _sheet(
        """
Chrome upon the highway and a signal in the dark
Every empty station is a shadow and a spark
Dashboard full of diamonds and the radio is low
Driving into somewhere that the maps will never show
""", """
Run with me, electric heart
Run until the world is far
Run with me, electric heart
We are faster than a star
""")),
    Request("synthwave-2", "synthwave", "dreamy synthwave, female voice", 108, "B minor", _sheet(
        """
Violet horizon on a screen of broken glass
Pictures of a future that was never going to pass
Satellites are singing to the towers by the bay
Nobody is listening but I hear it anyway
""", """
Stay in the glow of the machine
Stay in the colours in between
Stay till the morning takes the sky
Machines don't cry
""")),
    Request("dnb-1", "drum and bass", "drum and bass, female voice, rolling bass", 174, "E minor", _sheet(
        """
Lightning in the corridor
Water under every floor
Somebody is calling out
Somebody is full of doubt
""", """
Hold the line and hold the wire
Walk with me across the fire
Hold the line and hold my hand
We will find another land
""")),
    Request("dnb-2", "drum and bass", "liquid drum and bass, male voice, soft pads", 170, "G minor", _sheet(
        """
Rain upon the motorway
Thirty miles to yesterday
All the lamps are turning gold
All the stories have been told
""", """
Take the long way home with me
Past the market, past the sea
Take the long way, take it slow
There is nowhere else to go
""")),
    Request("jazz-1", "jazz", "swinging jazz, female voice, piano trio", 132, "Bb major", _sheet(
        """
Autumn has a pocket full of copper and of wine
Yesterday I borrowed all the minutes that were mine
Gentlemen in overcoats are walking through the square
One of them is whistling like he hasn't got a care
""", """
Maybe it's the moonlight
Maybe it's the gin
Maybe it's a good night
To let somebody in
""")),
    Request("jazz-2", "jazz", "slow jazz ballad, male voice, saxophone", 68, "Eb major", _sheet(
        """
The waiter has folded the napkins away
The chairs are asleep on the floor
And I am still waiting for something to say
That I haven't told you before
""", """
Stay for a moment, the night is so long
Stay and I'll teach you the end of the song
Stay for a moment, the piano is kind
Love is the last thing I wanted to find
""")),
    Request("reggae-1", "reggae", "roots reggae, male voice, organ", 76, "A minor", _sheet(
        """
Farmer in the valley with a shovel and a seed
Working every morning for the mouths he has to feed
Politician promise him a river and a road
Still upon his shoulder he must carry every load
""", """
Rise up, gentle people
Let the water run
Rise up, gentle people
Stand up in the sun
""")),
    Request("reggae-2", "reggae", "sunny reggae, female voice, off-beat guitar", 84, "G major", _sheet(
        """
Mango on the table and the window open wide
Children in the garden and a kitten at my side
Nobody is hurrying and nobody is late
Somebody is laughing at the hinges on the gate
""", """
Sweet, sweet island day
Worries float away
Sweet, sweet island song
Dancing all day long
""")),
    Request("lofi-1", "lo-fi", "lo-fi beat, female voice, mellow keys", 80, "F major", _sheet(
        """
Coffee in the afternoon and pages on the bed
All the little sentences are swimming in my head
Kitten on the radiator, rain upon the roof
Nothing needs an answer and I do not need the proof
""", """
Slowly, slowly, let it go
Watch the pigeons in the snow
Slowly, slowly, take your time
Every sorrow finds a rhyme
""")),
    Request("lofi-2", "lo-fi", "sleepy lo-fi, male voice, vinyl crackle", 74, "C minor", _sheet(
        """
Three in the morning, the kitchen is blue
Nothing is moving but shadows of you
Bicycle leaning on somebody's door
I can't remember what I came here for
""", """
Sleep now, little planet
Turn your face away
Sleep now, little planet
Soon it will be day
""")),
)  # fmt: skip


def _shuffled(lyric: str) -> str:
    chance = random.Random(7)  # noqa: S311 - a fixed shuffle, not a secret
    lines = []
    for line in lyric.splitlines():
        words = line.replace(",", "").split()
        if not line.startswith("["):
            chance.shuffle(words)
        lines.append(" ".join(words))
    return "\n".join(lines)


_FIRST = REQUESTS[0]

CONTROL = Request(
    "control", _FIRST.genre, _FIRST.style, _FIRST.tempo_bpm, _FIRST.key, _shuffled(_FIRST.lyric)
)
"""The first request with the words of each line in another order, so that no listener can guess them."""

SEEDS_REQUEST = Request(
    "seeds", "pop", "bright pop, female voice, piano and synths", 112, "C major", _FIRST.lyric
)
"""What is asked with twenty seeds."""
