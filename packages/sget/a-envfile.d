envfile.o: src/envfile.c src/envfile.h src/failures.h src/buffer.h \
 src/failures.def src/limits.h src/secret.h src/dotenv.h src/report.h \
 src/variable.h
src/envfile.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/limits.h:
src/secret.h:
src/dotenv.h:
src/report.h:
src/variable.h:
