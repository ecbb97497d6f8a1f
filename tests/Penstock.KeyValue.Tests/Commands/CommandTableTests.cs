using System.Text;
using Penstock.KeyValue.Commands;

namespace Penstock.KeyValue.Tests.Commands;

public sealed class CommandTableTests
{
    [Fact]
    public void Every_command_is_found_by_its_name_in_any_case()
    {
        foreach (Command command in CommandTable.All)
        {
            Assert.Same(command, CommandTable.Find(Encoding.ASCII.GetBytes(command.Name)));
            Assert.Same(command, CommandTable.Find(Encoding.ASCII.GetBytes(command.Name.ToUpperInvariant())));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("ge")]
    [InlineData("gett")]
    [InlineData("g\x05t")]
    [InlineData("get\0")]
    [InlineData("averylongnamethatdoesnotexist")]
    public void What_is_no_command_is_not_found(string name) =>
        Assert.Null(CommandTable.Find(Encoding.Latin1.GetBytes(name)));
}
