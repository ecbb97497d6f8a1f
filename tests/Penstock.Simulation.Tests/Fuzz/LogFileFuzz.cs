using Penstock.KeyValue.Durability;
using Penstock.KeyValue.Durability.Files;
using Penstock.KeyValue.Store;

namespace Penstock.Simulation.Tests.Fuzz;

/// <summary>
/// A log file that is loaded: what is wrong in its middle is called damage, what is torn at its end is cut off, and
/// what was loaded once is loaded again to the same.
/// </summary>
internal sealed class LogFileFuzz() : FuzzTarget("logfile")
{
    public override string Feed(byte[] input, int pieceBytes)
    {
        string path = Directory.CreateTempSubdirectory("penstock-fuzz").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(path, "log-00000001"), input);
            string first = Load(path);
            InvariantException.Require(Load(path) == first, $"a second start finds something else than: {first}");
            return first;
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private static string Load(string path)
    {
        using var keyspace = new Keyspace(users: 1);
        using DataDirectory directory = DataDirectory.Open(path, Disk.System);
        try
        {
            Recovery.Load(directory, keyspace);
            return $"{keyspace.Count} keys";
        }
        catch (InvalidDataException exception)
        {
            return exception.Message[path.Length..];
        }
    }
}
