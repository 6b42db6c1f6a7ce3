session.o: src/session.c src/session.h src/exchange.h src/connection.h \
 src/failures.h src/buffer.h src/failures.def src/frame.h src/decode.h \
 src/messages.h src/limits.h src/secret.h src/options.h src/home.h \
 src/passphrase.h src/deliver.h src/paths.h
src/session.h:
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
src/home.h:
src/passphrase.h:
src/deliver.h:
src/paths.h:
