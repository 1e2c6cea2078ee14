// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/failure.h"
#include "core/runs/run_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace lolcats {

namespace {

std::string lockPath(const std::string& runPath) {
    return runPath + ".lock";
}

// The one who held the lock before may have deleted the file between our opening and our locking it.
bool isStillThere(int descriptor, const std::string& path) {
    struct stat opened {};
    struct stat named {};
    return fstat(descriptor, &opened) == 0 && stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

int openLockFile(const std::string& runPath) {
    const int descriptor = open(lockPath(runPath).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor >= 0)
        return descriptor;
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR)
        throw Refusal("ARG-RUN-FOLDER", "The folder of the run file " + runPath + " does not exist.", "Make the folder first.");
    if (error == ENOSPC || error == EDQUOT)
        throw Refusal("RES-DISK", "The disk is full; the lock of the run file " + runPath + " could not be made.",
                      "Free some space there.");
    throw Refusal("ARG-RUN-FOLDER",
                  "The folder of the run file " + runPath + " cannot be written: " + std::strerror(error) + ".",
                  "Choose a folder that you may write to.");
}

} // namespace

RunLock::RunLock(const std::string& runPath) : m_path(lockPath(runPath)) {
    // Tried for a moment: isHeld() of another process takes the lock for an instant.
    for (int attempt = 0; attempt < 25; ++attempt) {
        m_descriptor = openLockFile(runPath);
        if (flock(m_descriptor, LOCK_EX | LOCK_NB) == 0 && isStillThere(m_descriptor, m_path))
            return;
        close(m_descriptor);
        m_descriptor = -1;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw Refusal("RES-IN-USE", "Another program is working on the run " + runPath + ".",
                  "Wait until it is done, or stop it there.");
}

RunLock::~RunLock() {
    unlink(m_path.c_str());
    close(m_descriptor);
}

bool RunLock::isHeld(const std::string& runPath) {
    const int descriptor = open(lockPath(runPath).c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    const bool held = flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(descriptor);
    return held;
}

} // namespace lolcats
