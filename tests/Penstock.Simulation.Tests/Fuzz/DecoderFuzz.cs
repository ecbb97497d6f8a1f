using FsCheck;
using FsCheck.Fluent;
using Penstock.Framing;

namespace Penstock.Simulation.Tests.Fuzz;

/// <summary>
/// Structured mutation: sequences of well-formed and notorious inputs from the corpus, changed in a few places. No
/// decoder or parser may throw, hang, keep more than its limit, or decide differently because the input came in other
/// pieces.
/// </summary>
internal static class DecoderFuzz
{
    private static readonly FuzzTarget[] Targets =
    [
        FuzzTarget.Of("u32le", () => default(LengthPrefixDecoder)),
        FuzzTarget.Of("u64be", () => new LengthPrefixDecoder(LengthPrefixFormat.UInt64BigEndian)),
        FuzzTarget.Of("trailer", () => new LengthPrefixDecoder(WithTrailer)),
        FuzzTarget.Of("varint", () => default(VarintPrefixDecoder)),
        FuzzTarget.Of("line", () => default(LineDecoder)),
        FuzzTarget.Of("delimiter", () => new DelimiterDecoder("#@#"u8)),
        FuzzTarget.Of("fixed", () => new FixedSizeDecoder(3)),
        new RespFuzz(),
        new KeyValueFrameFuzz(),
        new HttpFuzz(),
        new LogRecordFuzz(),
        new LogFileFuzz(),
    ];

    private static LengthPrefixFormat WithTrailer =>
        LengthPrefixFormat.UInt32LittleEndian.WithTrailer("@EOF@"u8, countedByLength: true);

    public static IEnumerable<string> Names => Targets.Select(target => target.Name);

    /// <summary>Tries so many inputs on one decoder; FsCheck shrinks what fails and tells how to repeat it.</summary>
    public static void Run(string name, int inputs)
    {
        FuzzTarget target = Targets.Single(target => target.Name == name);
        Prop.ForAll(Inputs(target).ToArbitrary(), (byte[] input) => Hold(target, input))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(inputs));
    }

    private static void Hold(FuzzTarget target, byte[] input)
    {
        string whole = target.Feed(input, Math.Max(1, input.Length));
        foreach (int pieceBytes in (ReadOnlySpan<int>)[1, 3, 7])
            InvariantException.Require(
                target.Feed(input, pieceBytes) == whole, $"{target.Name} decides by pieces of {pieceBytes}");
    }

    private static Gen<byte[]> Inputs(FuzzTarget target)
    {
        byte[][] corpus = ReadCorpus(target.Name);
        Gen<byte[]> stream = Gen.Elements(corpus).ListOf().Select(parts => parts.SelectMany(part => part).ToArray());
        Gen<Mutation> mutation =
            from kind in Gen.Elements(Enum.GetValues<MutationKind>())
            from at in Gen.Choose(0, int.MaxValue)
            from amount in Gen.Choose(0, 255)
            select new Mutation(kind, at, amount);
        return from input in stream
               from mutations in mutation.ListOf()
               select mutations.Take(6).Aggregate(input, (changed, next) => next.Apply([.. changed]));
    }

    private static byte[][] ReadCorpus(string name)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Fuzz", "Corpus", $"{name}.hex");
        IEnumerable<string> lines = File.ReadLines(path).Where(line => line.Length > 0 && line[0] != '#');
        return [.. lines.Select(line => Convert.FromHexString(line.Replace(" ", "", StringComparison.Ordinal)))];
    }
}
