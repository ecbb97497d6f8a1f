using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Penstock.KeyValue.Store;

/// <summary>
/// SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF"): a keyed hash, so that a client that does
/// not know the key cannot choose names that all fall into one bucket.
/// </summary>
/// <remarks>A plain multiply-and-fold hash is a few nanoseconds faster and has published collisions for every
/// seed.</remarks>
internal readonly struct SipHash(ulong key0, ulong key1)
{
    private readonly ulong _key0 = key0;
    private readonly ulong _key1 = key1;

    public ulong Compute(ReadOnlySpan<byte> data)
    {
        ulong v0 = _key0 ^ 0x736f6d6570736575;
        ulong v1 = _key1 ^ 0x646f72616e646f6d;
        ulong v2 = _key0 ^ 0x6c7967656e657261;
        ulong v3 = _key1 ^ 0x7465646279746573;
        ulong last = (ulong)data.Length << 56;

        while (data.Length >= sizeof(ulong))
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(data);
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
            data = data[sizeof(ulong)..];
        }

        last |= ReadTail(data);
        v3 ^= last;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= last;

        v2 ^= 0xff;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    /// <summary>The last 0 to 7 bytes as a little-endian number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong ReadTail(ReadOnlySpan<byte> tail)
    {
        ulong value = 0;
        if (tail.Length >= sizeof(uint))
        {
            value = BinaryPrimitives.ReadUInt32LittleEndian(tail);
            int rest = tail.Length - sizeof(uint);
            uint end = BinaryPrimitives.ReadUInt32LittleEndian(tail[rest..]);
            return rest == 0 ? value : value | ((ulong)end << (rest * 8));
        }

        for (int i = tail.Length - 1; i >= 0; i--)
            value = (value << 8) | tail[i];
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
