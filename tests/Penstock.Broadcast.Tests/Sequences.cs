using System.Globalization;

namespace Penstock.Broadcast.Tests;

/// <summary>Messages that say who sent them and which they are, as <c>sender:number</c>.</summary>
internal static class Sequences
{
    /// <summary>Each sender's numbers must come from 0 on, without a gap and without a repetition.</summary>
    public static void AssertEachSenderInOrder(List<string> heard, int senders)
    {
        int[] next = new int[senders];
        foreach (string message in heard)
        {
            string[] parts = message.Split(':');
            int sender = int.Parse(parts[0], CultureInfo.InvariantCulture);
            Assert.Equal(next[sender]++, int.Parse(parts[1], CultureInfo.InvariantCulture));
        }
    }
}
