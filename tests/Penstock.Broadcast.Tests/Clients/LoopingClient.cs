using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Penstock.Broadcast.Tests.Clients;

/// <summary>
/// A client as others have it, on a blocking stream and without anything of this repository: in a loop it writes a
/// 64-bit big-endian length and a text, then reads one message, whoever sent it.
/// </summary>
internal static class LoopingClient
{
    /// <summary>Returns what it read.</summary>
    public static List<string> Run(IPEndPoint server, string name, int rounds)
    {
        using var client = new TcpClient();
        client.Connect(server);
        using NetworkStream stream = client.GetStream();
        stream.ReadTimeout = stream.WriteTimeout = 30_000;
        List<string> read = [];
        for (int i = 0; i < rounds; i++)
        {
            Write(stream, $"{name}:{i}");
            read.Add(Read(stream));
        }

        return read;
    }

    private static void Write(NetworkStream stream, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        byte[] length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)bytes.Length);

        // Two writes, as simple clients do: length and text may arrive apart.
        stream.Write(length);
        stream.Write(bytes);
    }

    private static string Read(NetworkStream stream)
    {
        byte[] length = new byte[sizeof(ulong)];
        stream.ReadExactly(length);
        byte[] bytes = new byte[BinaryPrimitives.ReadUInt64BigEndian(length)];
        stream.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }
}
