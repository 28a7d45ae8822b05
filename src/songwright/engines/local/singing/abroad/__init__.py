"""Words in other languages than English: said by eSpeak NG, a process of its own, sung by the same voice."""
