internal import Platform

/// `postern version`.
enum VersionCommand {
  static let version = Command(
    words: ["version"], summary: "Prints the version of this program.",
    details: ["The daemon's version is in `postern status`."],
    examples: ["postern version"], run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    switch invocation.output {
    case .text: try invocation.print("postern \(Release.version)")
    case .json: try invocation.print("{\"version\":\"\(Release.version)\"}")
    }
    return .success
  }
}
