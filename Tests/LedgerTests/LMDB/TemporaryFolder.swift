internal import Glibc

/// A new folder for the files of one ledger, removed with them at the end of its life.
final class TemporaryFolder: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/postern-ledger-XXXXXX".utf8CString)
    // SAFETY: mkdtemp replaces the six letters in place.
    let path = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let base = buffer.baseAddress, unsafe mkdtemp(base) != nil else { return nil }
      return unsafe String(cString: base)
    }
    guard let path else { preconditionFailure("no temporary folder") }
    self.path = path
  }

  deinit {
    for name in ["data.mdb", "lock.mdb", "host"] { unsafe unlink(path + "/" + name) }
    unsafe rmdir(path)
  }
}
