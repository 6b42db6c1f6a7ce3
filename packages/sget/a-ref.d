ref.o: src/ref.c src/ref.h src/buffer.h src/limits.h src/text.h
src/ref.h:
src/buffer.h:
src/limits.h:
src/text.h:
