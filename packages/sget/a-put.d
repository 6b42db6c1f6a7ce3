put.o: src/put.c src/commands.h src/installation.h src/failures.h \
 src/buffer.h src/failures.def src/limits.h src/options.h src/ref.h \
 src/report.h src/session.h src/exchange.h src/connection.h src/frame.h \
 src/decode.h src/messages.h src/secret.h src/store.h src/deliver.h \
 src/terminal.h
src/commands.h:
src/installation.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/limits.h:
src/options.h:
src/ref.h:
src/report.h:
src/session.h:
src/exchange.h:
src/connection.h:
src/frame.h:
src/decode.h:
src/messages.h:
src/secret.h:
src/store.h:
src/deliver.h:
src/terminal.h:
