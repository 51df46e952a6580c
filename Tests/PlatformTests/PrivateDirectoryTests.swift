internal import Glibc
internal import Platform
internal import TestSupport
internal import Testing

@Suite struct PrivateDirectoryTests {
  private let directory = TemporaryFolder()

  @Test(arguments: ["one", "one/two/three", "slash/", "double//slash//"])
  func makesWhatIsMissing(name: String) throws {
    try PrivateDirectory.create(path: directory.path(name))
    #expect(directory.mode(name) == 0o700)
    try PrivateDirectory.create(path: directory.path(name))
  }

  @Test func refusesAFile() throws {
    directory.write("file", "")
    for path in [directory.path("file"), directory.path("file/below")] {
      #expect(throws: PrivateDirectoryError.notADirectory(path: path)) {
        try PrivateDirectory.create(path: path)
      }
    }
  }

  @Test func refusesAFolderThatOthersMayWriteTo() throws {
    let path = directory.path("open")
    try PrivateDirectory.create(path: path)
    #expect(unsafe chmod(path, 0o770) == 0)
    #expect(throws: PrivateDirectoryError.writableByOthers(path: path, mode: 0o770)) {
      try PrivateDirectory.create(path: path)
    }
  }

  @Test(.enabled("only root may give a folder away") { geteuid() == 0 })
  func refusesAFolderOfAnotherUser() throws {
    let path = directory.path("foreign")
    try PrivateDirectory.create(path: path)
    #expect(unsafe chown(path, 12_345, 12_345) == 0)
    #expect(throws: PrivateDirectoryError.foreignOwner(path: path, userID: 12_345)) {
      try PrivateDirectory.create(path: path)
    }
  }
}
