using Penstock.Simulation.Tests.Fuzz;

namespace Penstock.Simulation.Tests;

public class FuzzTests
{
    private const int InputsPerDecoder = 500;

    public static TheoryData<string> Decoders => new(DecoderFuzz.Names);

    [Theory]
    [MemberData(nameof(Decoders))]
    public void No_input_makes_a_decoder_throw_hang_or_keep_too_much(string decoder) =>
        Assert.Null(Record.Exception(() => DecoderFuzz.Run(decoder, InputsPerDecoder)));
}
