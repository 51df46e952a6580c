internal import Foundation
internal import Testing

/// What is committed is what the .proto files make, byte by byte.
@Suite struct GeneratedCodeTests {
  private let folders = [
    "CMessages", "CPluginMessages", "Messages/Generated", "Services/Generated",
    "PosternClient/Generated",
  ]

  @Test func isFresh() throws {
    let repository = Repository()
    let fresh = FileManager.default.temporaryDirectory
      .appendingPathComponent("postern-generated-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: fresh, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: fresh) }
    let generate = Process()
    generate.executableURL = repository.root.appendingPathComponent(".ci/generate")
    generate.arguments = [fresh.path]
    // The plugin is built beside the tests; a build inside a test run would wait for it.
    let plugin = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let folder = URL(fileURLWithPath: plugin).deletingLastPathComponent()
    var environment = ProcessInfo.processInfo.environment
    environment["PLUGIN"] = folder.appendingPathComponent("protoc-gen-postern").path
    generate.environment = environment
    try generate.run()
    generate.waitUntilExit()
    #expect(generate.terminationStatus == 0)

    for name in folders {
      let committed = try files(below: repository.root.appendingPathComponent("Sources/\(name)"))
      let made = try files(below: fresh.appendingPathComponent(name))
      #expect(!made.isEmpty)
      #expect(Set(committed.keys) == Set(made.keys), "the files of \(name)")
      for (path, bytes) in made {
        #expect(committed[path] == bytes, "\(name)/\(path) is not fresh: run `make generate`")
      }
    }
  }

  /// Clients get the contract, and neither the stored log nor the protocols of others.
  @Test func onlyTheContractIsPublic() throws {
    let messages = Repository().root.appendingPathComponent("Sources/Messages/Generated")
    var isPublic: [Bool: Int] = [:]
    for (path, bytes) in try files(below: messages) where path != "Namespaces.swift" {
      let isContract = path.hasPrefix("postern_v1_") || path.hasPrefix("google_protobuf_")
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(text.contains("public struct") == isContract, "\(path)")
      #expect(text.contains("package struct") != isContract, "\(path)")
      isPublic[isContract, default: 0] += 1
    }
    #expect(isPublic[true, default: 0] > 8)
    #expect(isPublic[false, default: 0] > 8)
  }

  private func files(below folder: URL) throws -> [String: Data] {
    var files: [String: Data] = [:]
    let walker = FileManager.default.enumerator(atPath: folder.path)
    while let path = walker?.nextObject() as? String {
      let file = folder.appendingPathComponent(path)
      let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
      guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
      files[path] = try Data(contentsOf: file)
    }
    return files
  }
}
