waiting.o: src/waiting.c src/waiting.h src/exchange.h src/connection.h \
 src/failures.h src/buffer.h src/failures.def src/frame.h src/decode.h \
 src/messages.h src/limits.h src/secret.h src/deliver.h src/passphrase.h \
 src/report.h src/terminal.h
src/waiting.h:
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
src/deliver.h:
src/passphrase.h:
src/report.h:
src/terminal.h:
