internal import postern

/// A world outside that exists in a test only, and remembers what was written to it.
final class RecordedSurroundings: Surroundings {
  var variables: [String: String] = [:]
  var isRoot = false
  var nowSeconds: Int64 = 1_777_636_800
  var paths: Set<String> = []
  var input = ""
  private(set) var prompts: [String] = []
  private(set) var output = ""
  private(set) var errors = ""

  func variable(_ name: String) -> String? { variables[name] }

  func exists(_ path: String) -> Bool { paths.contains(path) }

  func readSecret(prompt: String) throws(Failure) -> Secret? {
    prompts.append(prompt)
    return Secret(Array(input.utf8))
  }

  func write(_ text: String) throws(Failure) { output += text }

  func writeError(_ text: String) { errors += text }
}
