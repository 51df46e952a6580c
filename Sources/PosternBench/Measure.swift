/// One load that is run in every round.
struct Measure {
  /// Peer, method and shape, such as `ttrpc-validate-50x16`: what `--only` looks for.
  let name: String
  let shape: Shape
  /// Runs the load for so many nanoseconds.
  let run: (_ nanoseconds: Int64) throws(BenchFailure) -> Figure
}
