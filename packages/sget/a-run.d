run.o: src/run.c src/commands.h src/installation.h src/failures.h \
 src/buffer.h src/failures.def src/limits.h src/options.h \
 src/environment.h src/values.h src/exchange.h src/connection.h \
 src/frame.h src/decode.h src/messages.h src/secret.h src/pipes.h \
 src/report.h src/search.h src/session.h src/text.h
src/commands.h:
src/installation.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/limits.h:
src/options.h:
src/environment.h:
src/values.h:
src/exchange.h:
src/connection.h:
src/frame.h:
src/decode.h:
src/messages.h:
src/secret.h:
src/pipes.h:
src/report.h:
src/search.h:
src/session.h:
src/text.h:
