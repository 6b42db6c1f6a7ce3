decode.o: src/decode.c src/decode.h src/buffer.h src/limits.h src/text.h
src/decode.h:
src/buffer.h:
src/limits.h:
src/text.h:
