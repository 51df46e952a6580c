internal import Glibc
internal import Platform
internal import TestSupport
internal import Testing

/// Files that get their name when they are whole.
@Suite struct NewFileTests {
  @Test func appearsWhenItIsPublished() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/file"
    let bytes = Array("whole".utf8)
    do {
      let file = try NewFile(path: path)
      _ = try file.descriptor.write(bytes.span)
      #expect(try file.byteCount == 5)
      #expect(!NewFile.exists(path) && NewFile.exists(file.partialPath))
      #expect(throws: Errno.fileExists) { _ = try NewFile(path: path) }
      try file.publish()
    }
    #expect(try SmallFile.read(path: path, maximumBytes: 10) == bytes)
    #expect(!NewFile.exists(path + ".partial"))
    #expect(throws: Errno.fileExists) { _ = try NewFile(path: path) }
    unsafe unlink(path)
  }

  @Test func goesAwayUnlessItIsPublished() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/file"
    do {
      let file = try NewFile(path: path)
      #expect(NewFile.exists(file.partialPath))
    }
    #expect(!NewFile.exists(path) && !NewFile.exists(path + ".partial"))
    #expect(throws: Errno.noSuchFile) { _ = try NewFile(path: folder.path + "/no/file") }
  }

  /// A file that was created at the path meanwhile is not replaced.
  @Test func replacesNothing() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/file"
    let file = try NewFile(path: path)
    #expect(unsafe symlink("/nowhere", path) == 0)
    let error = outcome(of: file)
    #expect(error == .fileExists)
    #expect(NewFile.exists(path) && !NewFile.exists(path + ".partial"))
    unsafe unlink(path)
  }

  private func outcome(of file: consuming NewFile) -> Errno? {
    do {
      try file.publish()
      return nil
    } catch {
      return error
    }
  }

  @Test func writingCanBeStopped() throws {
    let folder = TemporaryFolder()
    let stop = WriteStop()
    let byte: [UInt8] = [1]
    let file = try NewFile(path: folder.path + "/file")
    #expect(throws: Errno.badDescriptor) {
      try stop.run(file.descriptor) { () throws(Errno) in
        guard case .bytes = try file.descriptor.write(byte.span) else { throw .noSpace }
        stop.stop()
        _ = try file.descriptor.write(byte.span)
      }
    }
    #expect(stop.isStopped)
    let later = try NewFile(path: folder.path + "/later")
    #expect(throws: Errno.badDescriptor) {
      try stop.run(later.descriptor) { () throws(Errno) in
        _ = try later.descriptor.write(byte.span)
      }
    }
    let free = try NewFile(path: folder.path + "/free")
    _ = try free.descriptor.write(byte.span)
  }

  /// What was written when writing was paused stays stopped; what begins after is not.
  @Test func writingCanBePaused() throws {
    let folder = TemporaryFolder()
    let stop = WriteStop()
    let byte: [UInt8] = [1]
    let file = try NewFile(path: folder.path + "/file")
    #expect(throws: Errno.badDescriptor) {
      try stop.run(file.descriptor) { () throws(Errno) in
        _ = try file.descriptor.write(byte.span)
        stop.pause()
        stop.goOn()
        _ = try file.descriptor.write(byte.span)
      }
    }
    #expect(!stop.isStopped && stop.pauseCount == 1)
    let later = try NewFile(path: folder.path + "/later")
    try stop.run(later.descriptor) { () throws(Errno) in
      _ = try later.descriptor.write(byte.span)
    }
    stop.pause()
    let paused = try NewFile(path: folder.path + "/paused")
    #expect(throws: Errno.badDescriptor) {
      try stop.run(paused.descriptor) { () throws(Errno) in
        _ = try paused.descriptor.write(byte.span)
      }
    }
  }

  /// The tests run as the daemon's user would: they may look at themselves.
  @Test func namesTheProgramOfAPeer() throws {
    let path = try UnixConnection.socketPair(nonblocking: true).split { first, second in
      let path = PeerProcess.executable(ProcessControl.processID, on: first)
      _ = consume second
      return path
    }
    #expect(!path.isEmpty && path.count <= PeerProcess.executableByteCount)
  }
}
