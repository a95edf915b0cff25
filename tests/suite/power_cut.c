/* Preloaded into `daybook` by power_cut.rs: writes down, in order, everything that the program does to files below DAYBOOK_TRACE_ROOT
 * and everything that it answers, into the file named by DAYBOOK_TRACE. One operation at a time, so that the order is the one there was.
 *
 * A line an operation, then as many bytes as the line's last number says:
 *
 *     open INODE CREATED TRUNCATED \t PATH      PATH is a file that was opened; a later operation names its inode
 *     write INODE OFFSET LENGTH                 and the bytes
 *     size INODE LENGTH
 *     sync INODE                                of a file
 *     syncdir \t PATH                           of a folder
 *     rename \t FROM \t TO      link \t FROM \t TO      unlink \t PATH      mkdir \t PATH      rmdir \t PATH
 *     answer LENGTH                             and the bytes, written to standard output
 *
 * The log's index (-shm) holds nothing that outlives the process, the program's own log (logs/) nothing that the books rest on.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static int trace = -1;
static char root[PATH_MAX];

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("DAYBOOK_TRACE"), *folder = getenv("DAYBOOK_TRACE_ROOT");
    if (!file || !folder)
        return;
    snprintf(root, sizeof root, "%s/", folder);
    trace = REAL("open", int (*)(const char *, int, ...))(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static void put(const void *bytes, size_t count)
{
    const char *at = bytes;
    while (count > 0) {
        ssize_t written = REAL("write", ssize_t(*)(int, const void *, size_t))(trace, at, count);
        if (written <= 0)
            abort();
        at += written;
        count -= written;
    }
}

static void note(const char *format, ...)
{
    char line[3 * PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    put(line, length);
}

/* The path, made absolute, if it is one that is written down. */
static int meant(int at, const char *path, char *full)
{
    if (trace < 0)
        return 0;
    if (path[0] == '/')
        snprintf(full, PATH_MAX, "%s", path);
    else {
        char folder[PATH_MAX], link[64];
        if (at == AT_FDCWD) {
            if (!getcwd(folder, sizeof folder))
                return 0;
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", at);
            ssize_t length = readlink(link, folder, sizeof folder - 1);
            if (length < 0)
                return 0;
            folder[length] = 0;
        }
        if (snprintf(full, PATH_MAX, "%s/%s", folder, path) >= PATH_MAX)
            return 0;
    }
    return strncmp(full, root, strlen(root)) == 0 && !strstr(full, "-shm") && !strstr(full, "/logs");
}

/* Whether the file is one that was opened below the root; its inode. */
static int inode_of(int fd, unsigned long *inode, int *is_folder)
{
    struct stat found;
    if (trace < 0 || fstat(fd, &found) != 0)
        return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    *inode = found.st_ino;
    *is_folder = S_ISDIR(found.st_mode);
    if (*is_folder)
        strncat(path, "/", sizeof path - length - 1);
    return strncmp(path, root, strlen(root)) == 0 && !strstr(path, "-shm") && !strstr(path, "/logs") && !strstr(path, "/#");
}

static int opened(int at, const char *path, int flags, mode_t mode)
{
    int (*real)(int, const char *, int, ...) = REAL("openat", int (*)(int, const char *, int, ...));
    char full[PATH_MAX];
    if ((flags & O_TMPFILE) == O_TMPFILE || (flags & O_DIRECTORY) || !meant(at, path, full))
        return real(at, path, flags, mode);
    pthread_mutex_lock(&one_at_a_time);
    int created = (flags & O_CREAT) && faccessat(at, path, F_OK, 0) != 0;
    int fd = real(at, path, flags, mode);
    int error = errno;
    unsigned long inode;
    int is_folder;
    if (fd >= 0 && inode_of(fd, &inode, &is_folder) && !is_folder)
        note("open %lu %d %d\t%s\n", inode, created, (flags & O_TRUNC) != 0, full);
    pthread_mutex_unlock(&one_at_a_time);
    errno = error;
    return fd;
}

#define MODE(flags, mode)                       \
    mode_t mode = 0;                            \
    if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) { \
        va_list arguments;                      \
        va_start(arguments, flags);             \
        mode = va_arg(arguments, int);          \
        va_end(arguments);                      \
    }

int open(const char *path, int flags, ...) { MODE(flags, mode) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, mode) return opened(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags, mode) return opened(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags, mode) return opened(at, path, flags, mode); }

/* Bytes written at a place; the offset is where the file stands where none is given. */
static ssize_t written(int fd, const void *bytes, size_t count, off_t offset, int is_placed)
{
    ssize_t (*write_real)(int, const void *, size_t) = REAL("write", ssize_t(*)(int, const void *, size_t));
    ssize_t (*pwrite_real)(int, const void *, size_t, off_t) = REAL("pwrite", ssize_t(*)(int, const void *, size_t, off_t));
    unsigned long inode = 0;
    int is_folder = 0, is_answer = trace >= 0 && fd == STDOUT_FILENO && !is_placed;
    if (!is_answer && !inode_of(fd, &inode, &is_folder))
        return is_placed ? pwrite_real(fd, bytes, count, offset) : write_real(fd, bytes, count);
    pthread_mutex_lock(&one_at_a_time);
    if (!is_placed && !is_answer)
        offset = lseek(fd, 0, SEEK_CUR);
    if (is_answer) {
        /* Whoever reads it may act on it at once: what was done before stands in the trace before it. */
        note("answer %zu\n", count);
        put(bytes, count);
    }
    ssize_t done = is_placed ? pwrite_real(fd, bytes, count, offset) : write_real(fd, bytes, count);
    int error = errno;
    if (is_answer && done != (ssize_t)count)
        abort(); /* the pipe of a test takes all */
    if (!is_answer && done > 0) {
        note("write %lu %lld %zd\n", inode, (long long)offset, done);
        put(bytes, done);
    }
    pthread_mutex_unlock(&one_at_a_time);
    errno = error;
    return done;
}

ssize_t write(int fd, const void *bytes, size_t count) { return written(fd, bytes, count, 0, 0); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) { return written(fd, bytes, count, offset, 1); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) { return written(fd, bytes, count, offset, 1); }

/* A copy inside the kernel would not be seen; without these the C library and Rust's copy by reading and writing. */
ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t count, unsigned flags)
{
    (void)in, (void)in_at, (void)out, (void)out_at, (void)count, (void)flags;
    errno = ENOSYS;
    return -1;
}
ssize_t sendfile64(int out, int in, off64_t *offset, size_t count)
{
    (void)out, (void)in, (void)offset, (void)count;
    errno = ENOSYS;
    return -1;
}
int posix_fallocate(int fd, off_t offset, off_t length)
{
    (void)fd, (void)offset, (void)length;
    return EINVAL;
}
int fallocate(int fd, int mode, off_t offset, off_t length)
{
    (void)fd, (void)mode, (void)offset, (void)length;
    errno = EOPNOTSUPP;
    return -1;
}

static int resized(int fd, off_t length)
{
    unsigned long inode;
    int is_folder, is_meant = inode_of(fd, &inode, &is_folder);
    pthread_mutex_lock(&one_at_a_time);
    int done = REAL("ftruncate", int (*)(int, off_t))(fd, length);
    int error = errno;
    if (is_meant && done == 0)
        note("size %lu %lld\n", inode, (long long)length);
    pthread_mutex_unlock(&one_at_a_time);
    errno = error;
    return done;
}

int ftruncate(int fd, off_t length) { return resized(fd, length); }
int ftruncate64(int fd, off64_t length) { return resized(fd, length); }

static int synced(int fd, const char *name)
{
    unsigned long inode;
    int is_folder, is_meant = inode_of(fd, &inode, &is_folder);
    char link[64], path[PATH_MAX];
    pthread_mutex_lock(&one_at_a_time);
    /* A test's states are many and its disk is memory: that it is asked for is what counts. */
    int done = is_meant ? 0 : REAL(name, int (*)(int))(fd);
    int error = errno;
    if (is_meant && is_folder) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, path, sizeof path - 1);
        path[length > 0 ? length : 0] = 0;
        note("syncdir\t%s\n", path);
    } else if (is_meant)
        note("sync %lu\n", inode);
    pthread_mutex_unlock(&one_at_a_time);
    errno = error;
    return done;
}

int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }

static int named(const char *what, int at, const char *from, int to_at, const char *to, int (*real)(void *), void *call)
{
    char from_full[PATH_MAX], to_full[PATH_MAX] = "";
    int is_meant = meant(at, from, from_full);
    if (to)
        is_meant = meant(to_at, to, to_full) || is_meant;
    pthread_mutex_lock(&one_at_a_time);
    int done = real(call), error = errno;
    if (is_meant && done == 0) {
        if (to)
            note("%s\t%s\t%s\n", what, from_full, to_full);
        else
            note("%s\t%s\n", what, from_full);
    }
    pthread_mutex_unlock(&one_at_a_time);
    errno = error;
    return done;
}

struct names {
    const char *from, *to;
    int at, to_at, flags;
    mode_t mode;
};

static int do_rename(void *call) { struct names *it = call; return REAL("rename", int (*)(const char *, const char *))(it->from, it->to); }
static int do_link(void *call) { struct names *it = call; return REAL("linkat", int (*)(int, const char *, int, const char *, int))(it->at, it->from, it->to_at, it->to, it->flags); }
static int do_unlink(void *call) { struct names *it = call; return REAL("unlinkat", int (*)(int, const char *, int))(it->at, it->from, it->flags); }
static int do_mkdir(void *call) { struct names *it = call; return REAL("mkdir", int (*)(const char *, mode_t))(it->from, it->mode); }

int rename(const char *from, const char *to)
{
    struct names it = {.from = from, .to = to};
    return named("rename", AT_FDCWD, from, AT_FDCWD, to, do_rename, &it);
}
int linkat(int at, const char *from, int to_at, const char *to, int flags)
{
    struct names it = {.from = from, .to = to, .at = at, .to_at = to_at, .flags = flags};
    return named("link", at, from, to_at, to, do_link, &it);
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }
int unlinkat(int at, const char *path, int flags)
{
    struct names it = {.from = path, .at = at, .flags = flags};
    return named(flags & AT_REMOVEDIR ? "rmdir" : "unlink", at, path, 0, NULL, do_unlink, &it);
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int mkdir(const char *path, mode_t mode)
{
    struct names it = {.from = path, .mode = mode};
    return named("mkdir", AT_FDCWD, path, 0, NULL, do_mkdir, &it);
}
