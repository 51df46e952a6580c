internal import Glibc
internal import Platform

// This must come before anything else is opened.
do throws(Errno) { try StandardStreams.openClosed() } catch {
  StandardError.write("postern: /dev/null can't be opened for a closed stream: \(error)\n")
  exit(ExitCode.failure.rawValue)
}
guard let arguments = ProcessArguments.behindName else {
  StandardError.write("postern: the list of arguments lacks even the program's name\n")
  exit(ExitCode.misuse.rawValue)
}
exit(Program.run(arguments, in: SystemContext()).rawValue)
