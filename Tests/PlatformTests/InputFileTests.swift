internal import Glibc
internal import Platform
internal import TestSupport
internal import Testing

/// Files named by users: whatever is at the path, opening and reading it never waits.
@Suite struct InputFileTests {
  private let folder = TemporaryFolder()

  private func problem(_ path: String, orPipe: Bool = false) -> InputFileError? {
    do throws(InputFileError) {
      _ = try SmallFile.read(path: path, maximumBytes: 10, orPipe: orPipe)
      return nil
    } catch {
      return error
    }
  }

  @Test func readsARegularFileAlsoThroughALink() throws {
    let path = folder.write("file", "text")
    #expect(unsafe symlink(path, folder.path("link")) == 0)
    let bytes = try SmallFile.read(path: folder.path("link"), maximumBytes: 4)
    #expect(bytes == Array("text".utf8))
    #expect(problem(folder.write("long", "12345678901")) == .tooLarge(maximumBytes: 10))
    #expect(problem(folder.path("none")) == .failed(.noSuchFile))
  }

  @Test func refusesWhatIsNoFile() throws {
    #expect(unsafe mkfifo(folder.path("pipe"), 0o600) == 0)
    let listener = try UnixListener(path: folder.path("socket"))
    #expect(problem(folder.path("pipe")) == .wrongKind(.pipe))
    #expect(problem(folder.path("socket")) == .wrongKind(.socket))
    _ = consume listener
    #expect(problem(folder.path) == .wrongKind(.folder))
    #expect(problem("/dev/zero") == .wrongKind(.characterDevice))
    let folderProblem = problem(folder.path)
    #expect(folderProblem?.description == "it is a folder, not a regular file")
  }

  @Test func readsAPipeToItsEndWhereThatIsWanted() throws {
    let path = folder.path("pipe")
    #expect(unsafe mkfifo(path, 0o600) == 0)
    #expect(problem(path, orPipe: true) == .noWriter)
    // Both ends, so that opening it does not wait.
    let writer = FileDescriptor(owning: try #require(openedPipe(path)))
    let thread = try NativeThread(name: "writer") { [number = writer.release()] in
      usleep(20_000)
      _ = unsafe write(number, "late", 4)
      close(number)
    }
    let bytes = try SmallFile.read(path: path, maximumBytes: 10, orPipe: true)
    thread.join()
    #expect(bytes == Array("late".utf8))
  }

  private func openedPipe(_ path: String) -> Int32? {
    let opened = unsafe open(path, O_RDWR | O_CLOEXEC)
    return opened < 0 ? nil : opened
  }
}
