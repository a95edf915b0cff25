/* Preloaded into `daybook pipe` by disk.rs: a disk that fails on demand.
 *
 * While the file named by DAYBOOK_FAULT is there, writes or syncs of the database and its log fail, or with `restore` of what a
 * restore makes durable: the staged copy, the mark, the folder. The file says which:
 *
 *     sync 5 0 3        of the syncs, after 0 that succeed, 3 fail with errno 5
 *     write 28 2 1000   of the writes, after 2 that succeed, 1000 fail with errno 28
 *     restore-sync 5 1 1   of all syncs below the store's folder, after 1 that succeeds, 1 fails
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long calls;

static int is_meant(int fd, int all)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    if (strstr(path, "-shm") != NULL)
        return 0;
    if (all)
        return strstr(path, "/store") != NULL && strstr(path, "/logs/") == NULL;
    return strstr(path, "/daybook.sqlite") != NULL;
}

/* The errno to fail with; 0 to go on. */
static int fault(const char *kind, int fd)
{
    const char *trigger = getenv("DAYBOOK_FAULT");
    int file = trigger ? open(trigger, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) {
        atomic_store(&calls, 0);
        return 0;
    }
    char order[64], meant[24];
    ssize_t length = read(file, order, sizeof order - 1);
    close(file);
    order[length > 0 ? length : 0] = 0;
    int error;
    long skipped, failed;
    if (sscanf(order, "%23s %d %ld %ld", meant, &error, &skipped, &failed) != 4)
        return 0;
    int all = strncmp(meant, "restore-", 8) == 0;
    if (strcmp(all ? meant + 8 : meant, kind) != 0 || !is_meant(fd, all))
        return 0;
    long call = atomic_fetch_add(&calls, 1);
    return call >= skipped && call < skipped + failed ? error : 0;
}

int fsync(int fd)
{
    int error = fault("sync", fd);
    if (error) {
        errno = error;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}

int fdatasync(int fd)
{
    int error = fault("sync", fd);
    if (error) {
        errno = error;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    int error = fault("write", fd);
    if (error) {
        errno = error;
        return -1;
    }
    return ((ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    int error = fault("write", fd);
    if (error) {
        errno = error;
        return -1;
    }
    return ((ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite"))(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset)
{
    int error = fault("write", fd);
    if (error) {
        errno = error;
        return -1;
    }
    return ((ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64"))(fd, bytes, count, offset);
}
