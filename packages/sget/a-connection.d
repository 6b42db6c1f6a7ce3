connection.o: src/connection.c src/connection.h src/failures.h \
 src/buffer.h src/failures.def src/frame.h src/decode.h src/messages.h \
 src/limits.h src/secret.h src/stream.h
src/connection.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/frame.h:
src/decode.h:
src/messages.h:
src/limits.h:
src/secret.h:
src/stream.h:
