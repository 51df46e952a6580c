internal import CLMDB
internal import Glibc
internal import Platform

extension Environment {
  /// The size of `lock.mdb` for a number of readers: two mutexes and one slot each, 64 bytes.
  private static func lockBytes(readers: Int) -> Int { (readers + 2) * 64 }

  /// Has the file system hold blocks for `lock.mdb` before LMDB maps it: on a full disk its first
  /// touch of a hole would end the process with SIGBUS. A file that has its blocks needs none.
  ///
  /// Hazard: closing a file lets go of all locks that the process has on it, so this comes before
  /// the environment is opened.
  ///
  /// - Throws: `StoreError.noRoomForLock`. Where the file can't be opened, LMDB says why.
  static func allocateLock(in folder: String, readers: Int) throws(StoreError) {
    let path = folder + "/lock.mdb"
    guard let file = try? FileDescriptor.openingOrMaking(path) else { return }
    let descriptor = file.rawValue
    var status = stat()
    // SAFETY: the call only fills what it is given.
    guard unsafe fstat(descriptor, &status) == 0 else { return }
    let size = max(Int(status.st_size), lockBytes(readers: readers))
    if Int(status.st_size) == size, Int(status.st_blocks) * 512 >= size { return }
    guard posix_fallocate(descriptor, 0, off_t(size)) != 0 else { return }
    // A file that is too short for LMDB is completed by it, without blocks.
    throw .noRoomForLock(path)
  }
}

extension Environment {
  /// Throws if the open file is not the one at its path any more: it was removed or replaced, and
  /// anything written to it would be lost with this process. Throws also if it was cut off: a write
  /// behind its end would fill the gap with zeros. It takes three system calls.
  func requireFile() throws(StoreError) {
    guard let path = watchedPath else { return }
    var (opened, found) = (stat(), stat())
    // SAFETY: both calls only fill what they are given, and read a terminated string.
    guard unsafe fstat(fileDescriptor, &opened) == 0, unsafe stat(path, &found) == 0,
      opened.st_ino == found.st_ino, opened.st_dev == found.st_dev, opened.st_nlink > 0
    else { throw .replaced(path) }
    try checkLength()
  }
}
