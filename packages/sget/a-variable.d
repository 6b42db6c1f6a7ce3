variable.o: src/variable.c src/variable.h src/buffer.h src/limits.h
src/variable.h:
src/buffer.h:
src/limits.h:
