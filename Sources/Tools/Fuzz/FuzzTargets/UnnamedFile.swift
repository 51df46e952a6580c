internal import Glibc

/// A file without a name, for code that reads files.
struct UnnamedFile: ~Copyable {
  private let descriptor: CInt

  /// Makes a file with these bytes.
  init(_ bytes: Span<UInt8>) {
    var template = Array("/tmp/postern-fuzz-XXXXXX".utf8CString)
    // SAFETY: the template ends with a NUL and is written in place; the bytes are read during the
    // call only.
    descriptor = unsafe template.withUnsafeMutableBufferPointer { template in
      guard let name = template.baseAddress else { return -1 }
      let descriptor = unsafe mkstemp(name)
      unsafe unlink(name)
      return descriptor
    }
    precondition(descriptor >= 0, "no file can be made")
    let descriptor = self.descriptor
    let count = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    precondition(count == bytes.count, "the file can't be written")
  }

  deinit { close(descriptor) }

  /// The path by which this process can open it.
  var path: String { "/proc/self/fd/\(descriptor)" }
}
