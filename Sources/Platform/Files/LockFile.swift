internal import CLinux
internal import Glibc

/// A lock between processes: an exclusive flock(2) on a file. The file holds the owner's process
/// number, unless the disk was full.
///
/// The kernel releases the lock when the process ends, however it ends. The file stays: if it were
/// removed, two processes could hold locks on two files of the same name.
package struct LockFile: ~Copyable, Sendable {
  /// A plain number, not a `FileDescriptor`: `deinit` unlocks before it closes.
  private let descriptor: Int32

  /// Takes the lock at `path` or fails at once. Creates the file (mode 0600) if it is missing.
  package init(path: String) throws(LockError) {
    let taken: FileDescriptor
    do { taken = try Self.open(path) } catch { throw .failed(path: path, error: error) }
    let kind: FileKind
    do { kind = try FileStatus(of: taken).kind } catch { throw .failed(path: path, error: error) }
    guard kind == .regular else { throw .wrongKind(path: path, kind) }
    let descriptor = taken.rawValue
    do {
      _ = try SystemCall.value { clinux_lock_exclusive(descriptor) }
    } catch {
      guard error == .wouldBlock else { throw .failed(path: path, error: error) }
      throw .held(path: path, processID: Self.owner(taken))
    }
    Self.record(taken)
    self.descriptor = taken.release()
  }

  /// Unlocks before it closes. A child that another thread has just forked has a copy of the
  /// descriptor until its exec; without the unlock, that copy would keep the lock.
  deinit {
    _ = clinux_unlock(descriptor)
    SystemCall.close(descriptor)
  }

  /// As above, but waits while another process holds the lock.
  ///
  /// - Parameters:
  ///   - path: of the file.
  ///   - deadlineNanoseconds: of the monotonic clock; if it has passed, there is one attempt.
  /// - Throws: `LockError.held` at the deadline, or `LockError.failed`.
  package init(path: String, deadlineNanoseconds: Int64) throws(LockError) {
    while true {
      do {
        self = try LockFile(path: path)
        return
      } catch {
        guard case .held = error, Clock.monotonicNanoseconds() < deadlineNanoseconds else {
          throw error
        }
      }
      // There is no way to wait for a file lock with a timeout.
      usleep(1_000)
    }
  }

  /// Locks the folder at `path` itself, and waits as above: removing a file in it can't bypass the
  /// lock. The process that holds it can't be found out.
  package init(folder path: String, deadlineNanoseconds: Int64) throws(LockError) {
    while true {
      do {
        self = try LockFile(lockingFolder: path)
        return
      } catch {
        guard case .held = error, Clock.monotonicNanoseconds() < deadlineNanoseconds else {
          throw error
        }
      }
      usleep(1_000)
    }
  }

  private init(lockingFolder path: String) throws(LockError) {
    let taken: FileDescriptor
    do { taken = try Self.openFolder(path) } catch { throw .failed(path: path, error: error) }
    let descriptor = taken.rawValue
    do {
      _ = try SystemCall.value { clinux_lock_exclusive(descriptor) }
    } catch {
      guard error == .wouldBlock else { throw .failed(path: path, error: error) }
      throw .held(path: path, processID: nil)
    }
    self.descriptor = taken.release()
  }

  private static func openFolder(_ path: String) throws(Errno) -> FileDescriptor {
    // SAFETY: the call reads a terminated string.
    let opened = try SystemCall.value { unsafe clinux_open(path, O_RDONLY | O_DIRECTORY, 0) }
    return FileDescriptor(owning: opened)
  }

  /// Keeps the lock until the kernel releases it at the end of the process. By then nothing that
  /// the lock guards can be open.
  package consuming func holdUntilExit() { discard self }

  private static func open(_ path: String) throws(Errno) -> FileDescriptor {
    // SAFETY: the call reads a terminated string.
    let opened = try SystemCall.value {
      unsafe clinux_open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
    }
    return FileDescriptor(owning: opened)
  }

  /// The process number in the file, if it has one.
  private static func owner(_ file: borrowing FileDescriptor) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    var span = bytes.mutableSpan
    // SAFETY: bytes of a trivial type, of which any value is valid.
    var raw = unsafe span.mutableBytes
    guard case .bytes(let count) = try? file.read(into: &raw) else { return nil }
    return Int32(
      String(decoding: bytes.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
  }

  /// Overwrites the number in the file, and truncates it only then: on a full disk, existing blocks
  /// can still be overwritten. If the write fails, the lock is held without a number.
  private static func record(_ file: borrowing FileDescriptor) {
    let text = Array("\(ProcessControl.processID)\n".utf8)
    let isWritten = if case .bytes(text.count) = try? file.write(text.span) { true } else { false }
    // No number is better than the previous owner's.
    _ = ftruncate(file.rawValue, isWritten ? off_t(text.count) : 0)
  }
}

/// Why a lock could not be taken, and what to do about it.
package enum LockError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A process holds the lock. Its number is nil if the file doesn't have it.
  case held(path: String, processID: Int32?)
  /// Something else is at the path, which is not a regular file.
  case wrongKind(path: String, FileKind)
  /// A call failed.
  case failed(path: String, error: Errno)

  package var description: String {
    switch self {
    case .held(let path, let processID?):
      "process \(processID) holds the lock `\(path)`: stop it first, or choose another path"
    case .held(let path, nil):
      "another process holds the lock `\(path)`: stop it first, or choose another path"
    case .wrongKind(let path, let kind):
      "`\(path)` is \(kind.noun), where a lock file belongs: move it away"
    case .failed(let path, .isADirectory):
      "`\(path)` is a folder, where a lock file belongs: move it away"
    case .failed(let path, let error):
      "can't lock `\(path)`: \(error)\(error == .noSuchFile ? ": create its folder first" : "")"
    }
  }
}
