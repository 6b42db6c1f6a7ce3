obeyed.o: src/obeyed.c src/variable.h src/buffer.h
src/variable.h:
src/buffer.h:
