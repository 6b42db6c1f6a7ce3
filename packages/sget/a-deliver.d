deliver.o: src/deliver.c src/deliver.h src/exchange.h src/connection.h \
 src/failures.h src/buffer.h src/failures.def src/frame.h src/decode.h \
 src/messages.h src/limits.h src/secret.h src/hide.h src/report.h \
 src/terminal.h
src/deliver.h:
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
src/hide.h:
src/report.h:
src/terminal.h:
