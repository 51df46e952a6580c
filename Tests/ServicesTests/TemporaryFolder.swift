internal import Glibc

/// A new folder for a ledger, removed with it; in memory where that can be.
final class TemporaryFolder: Sendable {
  let path: String

  init() {
    let parent = unsafe access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(parent)/postern-services-XXXXXX".utf8CString)
    // SAFETY: mkdtemp replaces the six letters in place.
    let path = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let base = buffer.baseAddress, unsafe mkdtemp(base) != nil else { return nil }
      return unsafe String(cString: base)
    }
    guard let path else { preconditionFailure("no temporary folder") }
    self.path = path
  }

  deinit {
    unsafe unlink(path + "/data.mdb")
    unsafe unlink(path + "/lock.mdb")
    unsafe rmdir(path)
  }
}
