buffer.o: src/buffer.c src/buffer.h src/limits.h
src/buffer.h:
src/limits.h:
