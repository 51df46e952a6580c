internal import Glibc
internal import Platform
internal import TestSupport
internal import Testing

@Suite struct LockFileTests {
  private let directory = TemporaryFolder()

  @Test func refusesASecondHolderAndNamesTheFirst() throws {
    let path = directory.path("lock")
    let first = try LockFile(path: path)
    let expected = LockError.held(path: path, processID: getpid())
    #expect(throws: expected) { _ = try LockFile(path: path) }
    #expect(expected.description.contains("\(getpid())"))
    #expect(expected.description.contains(path))
    hold(first)
  }

  @Test func holdsItsProcessNumberForItsUserOnly() throws {
    directory.write("lock", "4194304999 left by a process long gone")
    let lock = try LockFile(path: directory.path("lock"))
    #expect(try directory.read("lock") == "\(getpid())\n")
    let fresh = try LockFile(path: directory.path("fresh"))
    #expect(directory.mode("fresh") == 0o600)
    hold(lock)
    hold(fresh)
  }

  @Test func canBeTakenAgainOnceItIsDropped() throws {
    let path = directory.path("lock")
    hold(try LockFile(path: path))
    #expect(throws: Never.self) { _ = try LockFile(path: path) }
    #expect(directory.contains("lock"))
  }

  @Test func canBeWaitedForAsLongAsIsSaid() throws {
    let path = directory.path("lock")
    let now = Clock.monotonicNanoseconds()
    do {
      let first = try LockFile(path: path)
      let expected = LockError.held(path: path, processID: getpid())
      #expect(throws: expected) { _ = try LockFile(path: path, deadlineNanoseconds: now) }
      #expect(throws: expected) {
        _ = try LockFile(path: path, deadlineNanoseconds: now + 5_000_000)
      }
      hold(first)
    }
    hold(try LockFile(path: path, deadlineNanoseconds: now))
  }

  @Test func staysHeldUntilTheExitWhereThatIsAskedFor() throws {
    let path = directory.path("lock")
    try LockFile(path: path).holdUntilExit()
    #expect(throws: LockError.self) { _ = try LockFile(path: path) }
  }

  /// As a child has one that is forked by another thread, until its exec.
  @Test func isFreeThoughACopyOfItsDescriptorIsOpen() throws {
    let path = directory.path("lock")
    var copy: Int32?
    do {
      let lock = try LockFile(path: path)
      let original = try #require((3..<1024).first { isOpen($0, at: path) })
      copy = fcntl(original, F_DUPFD_CLOEXEC, 0)
      hold(lock)
    }
    hold(try LockFile(path: path))
    #expect(close(try #require(copy)) == 0)
  }

  private func isOpen(_ descriptor: Int32, at path: String) -> Bool {
    var (opened, named) = (stat(), stat())
    return unsafe fstat(descriptor, &opened) == 0 && stat(path, &named) == 0
      && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }

  @Test func doesNotFollowALink() throws {
    directory.write("target", "precious")
    #expect(unsafe symlink(directory.path("target"), directory.path("lock")) == 0)
    #expect(throws: LockError.self) { _ = try LockFile(path: directory.path("lock")) }
    #expect(try directory.read("target") == "precious")
  }

  private func hold(_ lock: consuming LockFile) {}
}
