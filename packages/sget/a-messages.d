messages.o: src/messages.c src/messages.h
src/messages.h:
