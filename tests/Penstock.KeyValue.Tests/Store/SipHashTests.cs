using System.Numerics;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Tests.Store;

public sealed class SipHashTests
{
    private const ulong Key0 = 0x0706050403020100;
    private const ulong Key1 = 0x0f0e0d0c0b0a0908;

    [Fact]
    public void The_empty_input_hashes_as_other_implementations_have_it() =>
        Assert.Equal(0xABAC0158050FC4DC, new SipHash(Key0, Key1).Compute([]));

    [Fact]
    public void Every_length_hashes_as_the_definition_says()
    {
        byte[] input = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];
        for (int length = 0; length <= input.Length; length++)
            Assert.Equal(ByDefinition(input[..length]), new SipHash(Key0, Key1).Compute(input.AsSpan(0, length)));
    }

    /// <summary>The paper's words, byte by byte: pad with zeros to whole words, the length in the last byte.</summary>
    private static ulong ByDefinition(byte[] input)
    {
        var padded = new byte[(input.Length / 8 * 8) + 8];
        input.CopyTo(padded, 0);
        padded[^1] = (byte)input.Length;
        ulong[] v =
        [
            Key0 ^ 0x736f6d6570736575, Key1 ^ 0x646f72616e646f6d,
            Key0 ^ 0x6c7967656e657261, Key1 ^ 0x7465646279746573,
        ];
        for (int i = 0; i < padded.Length; i += 8)
        {
            ulong word = BitConverter.ToUInt64(padded, i);
            v[3] ^= word;
            Round(v);
            v[0] ^= word;
        }

        v[2] ^= 0xff;
        for (int i = 0; i < 3; i++)
            Round(v);
        return v[0] ^ v[1] ^ v[2] ^ v[3];
    }

    private static void Round(ulong[] v)
    {
        Half(v, 0, 1, 13, 2, 3, 16);
        Half(v, 2, 1, 17, 0, 3, 21);
    }

    private static void Half(ulong[] v, int a, int b, int rotateB, int c, int d, int rotateD)
    {
        v[a] += v[b];
        v[c] += v[d];
        v[b] = BitOperations.RotateLeft(v[b], rotateB) ^ v[a];
        v[d] = BitOperations.RotateLeft(v[d], rotateD) ^ v[c];
        v[a] = BitOperations.RotateLeft(v[a], 32);
    }
}
