/* Loaded before the C library, this counts the calls by which a program changes files below one folder, writes them
 * down, and ends the program in place of one of them: as a kill does, or a machine that goes away. A write that it ends
 * at has happened by half.
 *
 * MORTAL_ROOT: the folder, as the system spells it. MORTAL_AT: the number of the call, 1 is the first. MORTAL_LOG: where
 * each call is written down once it has come about, as `mkdir PATH`, one a line; the folder itself ends in `/`. A sync
 * is written down and not counted, since nobody sees what it does. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static atomic_long calls;

static int is_root(const char *path) {
    const char *root = getenv("MORTAL_ROOT");
    return root && strcmp(path, root) == 0;
}

static int is_below(const char *path) {
    const char *root = getenv("MORTAL_ROOT");
    size_t length = root ? strlen(root) : 0;
    return length && strncmp(path, root, length) == 0 && path[length] == '/';
}

static void absolute(const char *path, char *whole) {
    char folder[PATH_MAX];
    if (path[0] == '/' || !getcwd(folder, sizeof folder))
        snprintf(whole, PATH_MAX, "%s", path);
    else if (snprintf(whole, PATH_MAX, "%s/%s", folder, path) >= PATH_MAX)
        whole[0] = 0;
}

static void of_descriptor(int descriptor, char *whole) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, whole, PATH_MAX - 1);
    whole[length < 0 ? 0 : length] = 0;
}

/* Whether the program ends at this call. */
static int is_last(const char *path) {
    const char *at = getenv("MORTAL_AT");
    return is_below(path) && atomic_fetch_add(&calls, 1) + 1 == (at ? atol(at) : 0);
}

static void end(void) {
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static void note(const char *what, const char *path, int failed) {
    char line[PATH_MAX + 16];
    const char *log = getenv("MORTAL_LOG");
    if (failed || !log || !(is_below(path) || is_root(path)))
        return;
    int descriptor = REAL(open64)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    int length = snprintf(line, sizeof line, "%s %s%s\n", what, path, is_root(path) ? "/" : "");
    if (descriptor >= 0 && length > 0)
        (void)!REAL(write)(descriptor, line, (size_t)length);
    close(descriptor);
}

#define ENDS_AT(given)                                                                                                 \
    char path[PATH_MAX];                                                                                               \
    given;                                                                                                             \
    if (is_last(path))                                                                                                 \
        end();

int open64(const char *name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? (mode_t)va_arg(rest, int) : 0;
    va_end(rest);
    char path[PATH_MAX];
    absolute(name, path);
    int changes = flags & (O_CREAT | O_TRUNC);
    if (changes && is_last(path))
        end();
    int opened = REAL(open64)(name, flags, mode);
    if (changes)
        note("create", path, opened < 0);
    return opened;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    char path[PATH_MAX];
    of_descriptor(descriptor, path);
    if (is_last(path)) {
        (void)!REAL(write)(descriptor, bytes, count / 2);
        end();
    }
    ssize_t written = REAL(write)(descriptor, bytes, count);
    note("write", path, written < 0);
    return written;
}

int mkdir(const char *name, mode_t mode) {
    ENDS_AT(absolute(name, path))
    int failed = REAL(mkdir)(name, mode);
    note("mkdir", path, failed);
    return failed;
}

int linkat(int from, const char *old, int to, const char *name, int flags) {
    ENDS_AT(absolute(name, path))
    int failed = REAL(linkat)(from, old, to, name, flags);
    note("link", path, failed);
    return failed;
}

int rename(const char *old, const char *name) {
    ENDS_AT(absolute(name, path))
    int failed = REAL(rename)(old, name);
    note("rename", path, failed);
    return failed;
}

int unlink(const char *name) {
    ENDS_AT(absolute(name, path))
    int failed = REAL(unlink)(name);
    note("unlink", path, failed);
    return failed;
}

int fchmod(int descriptor, mode_t mode) {
    ENDS_AT(of_descriptor(descriptor, path))
    int failed = REAL(fchmod)(descriptor, mode);
    note("chmod", path, failed);
    return failed;
}

int fsync(int descriptor) {
    char path[PATH_MAX];
    of_descriptor(descriptor, path);
    int failed = REAL(fsync)(descriptor);
    note("sync", path, failed);
    return failed;
}
