using System.Numerics;

namespace Penstock;

/// <summary>
/// Pinned arrays for <see cref="SharedPayload"/>, in powers of two. Shared by all loops, because a payload is written
/// on one and released by the last of any; a lock per rent and return, which is once a message and not once a receiver.
/// </summary>
internal static class PayloadMemory
{
    private const int SmallestBits = 8;
    private const int LargestBits = 16;

    /// <summary>Kept per size: 2 MiB of the smallest to 2 MiB of the largest, and at least a few.</summary>
    private const int KeptBytesPerSize = 2 * 1024 * 1024;

    private static readonly Stack<byte[]>[] Free = CreateStacks();

    public static byte[] Rent(int capacity)
    {
        int bits = Math.Max(SmallestBits, BitOperations.Log2((uint)Math.Max(capacity, 1) - 1) + 1);
        if (bits > LargestBits)
            return GC.AllocateUninitializedArray<byte>(capacity, pinned: true);

        Stack<byte[]> free = Free[bits - SmallestBits];
        lock (free)
        {
            if (free.TryPop(out byte[]? array))
                return array;
        }

        return GC.AllocateUninitializedArray<byte>(1 << bits, pinned: true);
    }

    /// <summary>Arrays larger than the pool keeps, and those beyond its bound, are left to the collector.</summary>
    public static void Return(byte[] array)
    {
        if (!BitOperations.IsPow2(array.Length) || array.Length is < 1 << SmallestBits or > 1 << LargestBits)
            return;
        Stack<byte[]> free = Free[BitOperations.Log2((uint)array.Length) - SmallestBits];
        lock (free)
        {
            if (free.Count < KeptBytesPerSize / array.Length)
                free.Push(array);
        }
    }

    private static Stack<byte[]>[] CreateStacks()
    {
        var stacks = new Stack<byte[]>[LargestBits - SmallestBits + 1];
        for (int i = 0; i < stacks.Length; i++)
            stacks[i] = new Stack<byte[]>();
        return stacks;
    }
}
