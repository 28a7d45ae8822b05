"""A process of its own around the library of eSpeak NG. It imports nothing of songwright.

``python -I -S espeak_child.py LIBRARY DATA VOICE``: reads a list of lines as JSON from standard input and
writes the phonemes of each, one line each, to standard output.
"""

import ctypes
import json
import sys

_SYNCHRONOUS = 2
_DO_NOT_EXIT = 0x8000
_UTF8 = 1
_IPA = 0x02
_APART = ord("_") << 8


def main(library_path: str, data: str, voice: str) -> int:
    """Answer, and return the exit code."""
    library = ctypes.CDLL(library_path)
    if library.espeak_Initialize(_SYNCHRONOUS, 0, data.encode(), _DO_NOT_EXIT) <= 0:
        return 2
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        return 3
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
    for line in json.loads(sys.stdin.buffer.read()):
        rest = ctypes.c_char_p(line.encode())
        clauses = []
        while rest.value:
            clauses.append(library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA | _APART).decode())
        # A line is answered by a line, whatever clauses it has.
        sys.stdout.buffer.write((" ".join(" ".join(clauses).split()) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
