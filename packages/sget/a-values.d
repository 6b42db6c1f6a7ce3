values.o: src/values.c src/values.h src/exchange.h src/connection.h \
 src/failures.h src/buffer.h src/failures.def src/frame.h src/decode.h \
 src/messages.h src/limits.h src/secret.h src/options.h src/hide.h
src/values.h:
src/exchange.h:
src/connection.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/frame.h:
src/decode.h:
src/messages.h:
src/limits.h:
src/secret.h:
src/options.h:
src/hide.h:
