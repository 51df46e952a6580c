internal import CLMDB
internal import Glibc

extension Environment {
  /// Refuses to go on where the file that is open is not the one at its path: it was removed or
  /// replaced, and whatever is written to it would be lost with this process. Or where it was cut
  /// off: a write behind its end would make what is missing zeros. Three calls of the kernel.
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
