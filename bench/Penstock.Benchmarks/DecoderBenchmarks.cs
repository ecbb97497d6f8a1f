using System.Buffers;
using BenchmarkDotNet.Attributes;
using Penstock.Framing;

namespace Penstock.Benchmarks;

/// <summary>Cutting frames out of one receive.</summary>
[MemoryDiagnoser]
public class DecoderBenchmarks
{
    private const int Frames = 64;

    private readonly ArrayBufferWriter<byte> _prefixed = new();
    private readonly ArrayBufferWriter<byte> _lines = new();

    [Params(32, 1024)]
    public int PayloadBytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        byte[] payload = new byte[PayloadBytes];
        payload.AsSpan().Fill((byte)'x');
        for (int i = 0; i < Frames; i++)
        {
            LengthPrefix.Write(_prefixed, payload);
            _lines.Write(payload);
            _lines.Write("\r\n"u8);
        }
    }

    [Benchmark(OperationsPerInvoke = Frames)]
    public int LengthPrefixed() => Decode(new LengthPrefixDecoder(), _prefixed.WrittenSpan);

    [Benchmark(OperationsPerInvoke = Frames)]
    public int Lines() => Decode(new LineDecoder(), _lines.WrittenSpan);

    private static int Decode<TDecoder>(TDecoder decoder, ReadOnlySpan<byte> input)
        where TDecoder : struct, IFrameDecoder
    {
        int bytes = 0;
        while (decoder.Decode(input, int.MaxValue, out ReadOnlySpan<byte> frame, out int consumed)
            == OperationStatus.Done)
        {
            bytes += frame.Length;
            input = input[consumed..];
        }

        return bytes;
    }
}
