dotenv.o: src/dotenv.c src/dotenv.h src/buffer.h
src/dotenv.h:
src/buffer.h:
