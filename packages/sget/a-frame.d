frame.o: src/frame.c src/frame.h src/buffer.h src/decode.h src/messages.h \
 src/limits.h
src/frame.h:
src/buffer.h:
src/decode.h:
src/messages.h:
src/limits.h:
