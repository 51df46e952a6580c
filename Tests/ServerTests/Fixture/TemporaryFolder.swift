internal import Foundation
internal import Glibc

/// A new folder, removed with all that is in it; in memory where that can be, since
/// tests that end processes lose nothing by syncs that cost nothing.
final class TemporaryFolder: Sendable {
  let path: String

  init() {
    let parent = unsafe access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(parent)/postern-test-XXXXXX".utf8CString)
    // SAFETY: mkdtemp replaces the six letters in place.
    let path = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let base = buffer.baseAddress, unsafe mkdtemp(base) != nil else { return nil }
      return unsafe String(cString: base)
    }
    guard let path else { preconditionFailure("no temporary folder") }
    self.path = path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file into the folder and gives its path.
  func write(_ name: String, _ text: String) -> String {
    let file = "\(path)/\(name)"
    let descriptor = unsafe creat(file, 0o600)
    precondition(descriptor >= 0, "no temporary file")
    let bytes = Array(text.utf8)
    let count = unsafe Glibc.write(descriptor, bytes, bytes.count)
    precondition(count == bytes.count, "a short write")
    close(descriptor)
    return file
  }
}
