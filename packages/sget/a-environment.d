environment.o: src/environment.c src/environment.h src/limits.h \
 src/values.h src/exchange.h src/connection.h src/failures.h src/buffer.h \
 src/failures.def src/frame.h src/decode.h src/messages.h src/secret.h \
 src/options.h src/variable.h
src/environment.h:
src/limits.h:
src/values.h:
src/exchange.h:
src/connection.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/frame.h:
src/decode.h:
src/messages.h:
src/secret.h:
src/options.h:
src/variable.h:
