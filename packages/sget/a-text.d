text.o: src/text.c src/text.h src/buffer.h
src/text.h:
src/buffer.h:
