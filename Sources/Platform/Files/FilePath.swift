/// A path as the kernel accepts it: bytes that need not be UTF-8.
package struct FilePath: Sendable, Hashable {
  /// With the zero at the end.
  private let terminated: [CChar]

  /// Takes bytes up to the first zero.
  package init(_ bytes: some Sequence<UInt8>) {
    terminated = bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
  }

  /// The bytes, without the zero.
  package var bytes: [UInt8] { terminated.dropLast().map { UInt8(bitPattern: $0) } }

  /// The path of `name` in the folder at this path.
  package func appending(_ name: [UInt8]) -> FilePath {
    let folder = bytes
    return FilePath(folder + (folder.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]) + name)
  }

  /// Lends the path to a system call.
  func withPointer<Result>(_ call: (UnsafePointer<CChar>) -> Result) -> Result {
    // SAFETY: the array has at least the zero, so the pointer is not nil; it doesn't leave the
    // closure.
    unsafe terminated.withUnsafeBufferPointer { buffer in
      guard let pointer = buffer.baseAddress else {
        preconditionFailure("a path without its end")
      }
      return unsafe call(pointer)
    }
  }
}
