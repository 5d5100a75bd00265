// Hash commands.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/redis/command_script.h"

namespace weir::redis {
namespace {

class HashCommandsTest : public CommandScriptTest {};

TEST_P(HashCommandsTest, SetsAndGets) {
  reply("HSET k a 1 b 2 a 3", ":2");
  reply("HSET k a 4 c 5", ":1");
  reply("HGET k a", "$1 4");
  reply("HGET k absent", "$-1", "_");
  reply("HGET absent a", "$-1", "_");
  reply("HMGET k a absent b a", "*4 $1 4 $-1 $1 2 $1 4", "*4 $1 4 _ $1 2 $1 4");
  reply("HMGET absent a b", "*2 $-1 $-1", "*2 _ _");
  reply("HGETALL k", "*6 $1 a $1 4 $1 b $1 2 $1 c $1 5", "%3 $1 a $1 4 $1 b $1 2 $1 c $1 5");
  reply("HGETALL absent", "*0", "%0");
  reply("HKEYS k", "*3 $1 a $1 b $1 c");
  reply("HKEYS absent", "*0");
  reply("HVALS k", "*3 $1 4 $1 2 $1 5");
  reply("HVALS absent", "*0");
  reply("HLEN k", ":3");
  reply("HLEN absent", ":0");
  reply("HMSET k d 6 e 7", "+OK");
  reply("HMSET new x y", "+OK");
  reply("HSETNX k a x", ":0");
  reply("HSETNX k f 8", ":1");
  reply("HSETNX made f v", ":1");
  reply("HGETALL made", "*2 $1 f $1 v", "%1 $1 f $1 v");
  reply("HEXISTS k a", ":1");
  reply("HEXISTS k absent", ":0");
  reply("HEXISTS absent a", ":0");
  reply("HGETALL k", "*12 $1 a $1 4 $1 b $1 2 $1 c $1 5 $1 d $1 6 $1 e $1 7 $1 f $1 8",
        "%6 $1 a $1 4 $1 b $1 2 $1 c $1 5 $1 d $1 6 $1 e $1 7 $1 f $1 8");
  reply("TYPE k", "+hash");
}

TEST_P(HashCommandsTest, AnyBytesAndNumbersAsText) {
  reply("HSET k \"\" \"\" \"\\x00\\xff\" \"\\r\\n\" 007 008 -0 +1 12345678901234567890 1.0", ":5");
  reply("HGET k \"\"", "$0");
  reply("HGET k \"\\x00\\xff\"", "$2 \\r\\n");
  reply("HGET k 007", "$3 008");
  reply("HGET k 7", "$-1", "_");
  reply("HGET k -0", "$2 +1");
  reply("HGET k 0", "$-1", "_");
  reply("HGET k 12345678901234567890", "$3 1.0");
  reply("HEXISTS k \"\"", ":1");
  reply("HLEN k", ":5");
  reply("HSTRLEN k \"\"", ":0");
  reply("HSTRLEN k 12345678901234567890", ":3");
  reply("HDEL k \"\" 007", ":2");
  reply("HGETALL k", "*6 $2 \\x00\\xff $2 \\r\\n $2 -0 $2 +1 $20 12345678901234567890 $3 1.0",
        "%3 $2 \\x00\\xff $2 \\r\\n $2 -0 $2 +1 $20 12345678901234567890 $3 1.0");
}

TEST_P(HashCommandsTest, StringLengths) {
  reply("HSET k a hello b -1234567 c 0 d -9223372036854775808 e \"\"", ":5");
  reply("HSTRLEN k a", ":5");
  reply("HSTRLEN k b", ":8");
  reply("HSTRLEN k c", ":1");
  reply("HSTRLEN k d", ":20");
  reply("HSTRLEN k e", ":0");
  reply("HSTRLEN k absent", ":0");
  reply("HSTRLEN absent a", ":0");
}

TEST_P(HashCommandsTest, Deletes) {
  reply("HSET k a 1 b 2 c 3 d 4", ":4");
  reply("HDEL k a absent", ":1");
  reply("HDEL k b b", ":1");
  reply("HGETALL k", "*4 $1 c $1 3 $1 d $1 4", "%2 $1 c $1 3 $1 d $1 4");
  reply("HDEL absent a b", ":0");
  reply("HDEL k c d e", ":2");
  reply("EXISTS k", ":0");
  reply("HSET k x y", ":1");
  reply("HGETALL k", "*2 $1 x $1 y", "%1 $1 x $1 y");
}

TEST_P(HashCommandsTest, IncrementsByIntegers) {
  reply("HINCRBY k n 5", ":5");
  reply("HINCRBY k n -7", ":-2");
  reply("HINCRBY k n 0", ":-2");
  reply("HGET k n", "$2 -2");
  reply("HSET k max 9223372036854775807 min -9223372036854775808 text abc spaced \" 1\" float 1.5 ",
        ":5");
  reply("HINCRBY k max 1", "-ERR increment or decrement would overflow");
  reply("HINCRBY k max -1", ":9223372036854775806");
  reply("HINCRBY k min -1", "-ERR increment or decrement would overflow");
  reply("HINCRBY k min 1", ":-9223372036854775807");
  reply("HINCRBY k n 9223372036854775807", ":9223372036854775805");
  reply("HINCRBY k n 9223372036854775807", "-ERR increment or decrement would overflow");
  reply("HINCRBY k n -9223372036854775808", ":-3");
  reply("HINCRBY k n -9223372036854775808", "-ERR increment or decrement would overflow");
  reply("HINCRBY k text 1", "-ERR hash value is not an integer");
  reply("HINCRBY k spaced 1", "-ERR hash value is not an integer");
  reply("HINCRBY k float 1", "-ERR hash value is not an integer");
  reply("HINCRBY k empty 1", ":1");
  reply("HINCRBY k n x", "-ERR value is not an integer or out of range");
  reply("HINCRBY k n 1.0", "-ERR value is not an integer or out of range");
  reply("HINCRBY k n 9223372036854775808", "-ERR value is not an integer or out of range");
  reply("HINCRBY k n \"\"", "-ERR value is not an integer or out of range");
  reply("HINCRBY absent n x", "-ERR value is not an integer or out of range");
  reply("EXISTS absent", ":0");
}

TEST_P(HashCommandsTest, IncrementsByFloats) {
  reply("HINCRBYFLOAT k f 10.5", "$4 10.5");
  reply("HINCRBYFLOAT k f 0.1", "$4 10.6");
  reply("HINCRBYFLOAT k f -5.0e3", "$23 -4989.39999999999999991");
  reply("HINCRBYFLOAT k f 4989.4", "$1 0");
  reply("HINCRBYFLOAT k g 5", "$1 5");
  reply("HINCRBYFLOAT k g 0", "$1 5");
  reply("HINCRBYFLOAT k h 3.0e-3", "$5 0.003");
  reply("HINCRBYFLOAT k h 1e17", "$18 100000000000000000");
  reply("HINCRBYFLOAT k i 0x10", "$2 16");
  reply("HINCRBYFLOAT k j -0", "$1 0");
  reply("HGETALL k", "*10 $1 f $1 0 $1 g $1 5 $1 h $18 100000000000000000 $1 i $2 16 $1 j $1 0",
        "%5 $1 f $1 0 $1 g $1 5 $1 h $18 100000000000000000 $1 i $2 16 $1 j $1 0");
  reply("HSET k text abc spaced \" 1\" trailing \"1 \" empty \"\" inf inf", ":5");
  reply("HINCRBYFLOAT k text 1", "-ERR hash value is not a float");
  reply("HINCRBYFLOAT k spaced 1", "-ERR hash value is not a float");
  reply("HINCRBYFLOAT k trailing 1", "-ERR hash value is not a float");
  reply("HINCRBYFLOAT k empty 1", "-ERR hash value is not a float");
  reply("HINCRBYFLOAT k inf 1", "-ERR increment would produce NaN or Infinity");
  reply("HINCRBYFLOAT k f x", "-ERR value is not a valid float");
  reply("HINCRBYFLOAT k f \"\"", "-ERR value is not a valid float");
  reply("HINCRBYFLOAT k f \" 1\"", "-ERR value is not a valid float");
  reply("HINCRBYFLOAT k f inf", "-ERR value is NaN or Infinity");
  reply("HINCRBYFLOAT k f -inf", "-ERR value is NaN or Infinity");
  reply("HINCRBYFLOAT k f nan", "-ERR value is not a valid float");
  reply("HINCRBYFLOAT k f 1e5000", "-ERR value is not a valid float");
  reply("HINCRBYFLOAT absent f nan", "-ERR value is not a valid float");
  reply("HINCRBYFLOAT absent f x", "-ERR value is not a valid float");
  reply("EXISTS absent", ":0");
  reply("HSET k big 1e4932", ":1");
  reply(
      "HINCRBYFLOAT k big 1",
      "$4933 "
      "10000000000000000000060189493879638913238377742545331147737850413525330194866087224075333277"
      "79433142773666525563666277682061860906440460336623416164931097542108653623739947237824273607"
      "75564628207733774677062828108346124470945764363340927284485142091466676540833985649773830675"
      "64541370376184404761829828659540540463209082995559423213025033206020800702082036239210791518"
      "81460203745014774931620490030394998719312614654064081373493248877120892455186383753439197870"
      "97804150279771688019395540310772191163864625693948419729312816032948236099699577948922485926"
      "40341469490871948207942224336878492845619872301340063054145536263236148644795650793900527619"
      "80633463640128979696615362545507608303960553830866145592644372289102918602696741767741297153"
      "99835926313589798584969763867831058680372002464759306604407032376174743937515194999419152887"
      "61722740345612384656895309140024962085474884522492198210492176903592465943261885372008460254"
      "76936856707726986425804304053688317572380292690880454677852210458790733177421098965346383845"
      "53301619296565337753342109755377320210545255958936022773255084354571746971521129302927710064"
      "99515792794632128752287687008272746299513315849942032437084121909483156147986417210541583973"
      "51395747758548328754270534225721361640356227816080094892433366902417454242382629232277544026"
      "60964025532555781432158032534035233066061764232669614025723955254912107198518944384677762333"
      "48819291897737070084034665952048387336216332733836319448569894841384449783866560587553108488"
      "33689791896484998847550364264104800800578245511762594691161545730891319744107953897993101008"
      "21760126931062989030835789379334434007283778271641052081864009977109440177202473108483586068"
      "99365330357268541753961953517680965193109446314459236380532145759933784687752928658714357422"
      "49777979822775014324475845899615096380079899099538453121043851821349178371736640702645304284"
      "25488543761144169036061646636820219430776946220996338769044657669196955157104194128830264891"
      "28273451942862711222303478232460734982851537085795000626562227149541133292939533464956159477"
      "84091175883554988117167387650681525781361864450364992605079129770604793291076559668041153558"
      "25476577428883133065867691029650653834398269907682414770607740118550133705367687544086311363"
      "01720679022238378385258021814060039426065076098263200151938076330355866615391504256059406917"
      "68637845815434184585255915074081317250319572700370579877977177644345205933505850374212779064"
      "83714624276503471456946430686578482993644575489382521399571013756775034255676232913797338791"
      "30473005548417375068001549841986869239652861470792732035610046473652860498767907882883011300"
      "50437207489067798842078443360167772245834103629301041345252122743437501935254370757049878526"
      "83828381070534301015328398595855074166137400121232317256223003729059767502927886548957026880"
      "36180015202807485884818586323321454221815245009705337388586528816257381589558404693348301063"
      "66243262210429210258173978186522208306814207038831590332622155464159216193005478809313772661"
      "40644932198952990899040759971726535488708102762241216576479310624630991098475786962798270088"
      "50552599009735671284984377826714926103510888582714633874958330218193185487055586063958460703"
      "90500323204636339383655528123657438115225035433947543876805317781492691295772410403746456774"
      "17566688450317550441527082425875030565378847388267103834048127818864801364745019043146973727"
      "70080030412046938591535440580591083845165412615211270881164023496791513172273951836284909221"
      "61336429757386698401928682323657056924758648793848799822907606679071280964393541325129231682"
      "45666912345014087912013793154865253760150865620918348692838451584297376016360175623069782677"
      "92372750784718242586643821337598761515375325984295219997584310180870018174853009194795831710"
      "49967781322202936864648780744025361452947117776701129210049872555316467204668470989130203733"
      "39134950170871318124406892119958731482397456823417479242913979908858779466652876998660282037"
      "59680454452092198755966788779121033369498941423781736486921308541778980201946296703111019949"
      "38157038765957014792056173739623614871557317714453597336202068774935086409386414223375141765"
      "60175826841876411465105308828100924824611019508436446892683757299287011041141487877061639781"
      "73345293674032380616996320892935431181852998812804634818006962019667235119225560784838393250"
      "67415562633057448408746541808590342228476964416681055875561781810005936328191844815915658719"
      "68352284597990101833505000624639202765714958033231973966037670718042916628065825843477336276"
      "45632771342205257798698938328248664229099284849393749640713862480885924081427236465338018828"
      "61736205992781965360090000802821408763787641023437653119263757280212773694655213507075717622"
      "52116022718715763163558368213008936468254300729204200997615013518941592341324410000642108281"
      "73949883002657344226775481007418296828426683344723149287029686162046917173667986429161464730"
      "18363370523427203416579250811577900985980957404830019403600361860520985937973506956557739754"
      "741783354728589350876379371163141086538418113791886622720");
  reply("HINCRBYFLOAT k n 3", "$1 3");
  reply("HINCRBY k n 4", ":7");
}

TEST_P(HashCommandsTest, RandomFieldsOfOne) {
  reply("HSET k f v", ":1");
  reply("HRANDFIELD k", "$1 f");
  reply("HRANDFIELD k 1", "*1 $1 f");
  reply("HRANDFIELD k 10", "*1 $1 f");
  reply("HRANDFIELD k 0", "*0");
  reply("HRANDFIELD k -3", "*3 $1 f $1 f $1 f");
  reply("HRANDFIELD k 5 WITHVALUES", "*2 $1 f $1 v", "*1 *2 $1 f $1 v");
  reply("HRANDFIELD k -2 withvalues", "*4 $1 f $1 v $1 f $1 v", "*2 *2 $1 f $1 v *2 $1 f $1 v");
  reply("HRANDFIELD k 0 WITHVALUES", "*0");
  reply("HRANDFIELD absent", "$-1", "_");
  reply("HRANDFIELD absent 1", "*0");
  reply("HRANDFIELD absent -1", "*0");
  reply("HRANDFIELD absent 1 WITHVALUES", "*0");
  reply("HRANDFIELD k x", "-ERR value is not an integer or out of range");
  reply("HRANDFIELD k 1 x", "-ERR syntax error");
  reply("HRANDFIELD k 1 WITHVALUES x", "-ERR syntax error");
  reply("HRANDFIELD k 9223372036854775808", "-ERR value is not an integer or out of range");
  reply("HRANDFIELD k 9223372036854775807", "*1 $1 f");
  reply("HRANDFIELD k 9223372036854775807 WITHVALUES", "-ERR value is out of range");
  reply("HRANDFIELD k 4611686018427387904 WITHVALUES", "-ERR value is out of range");
  reply("HRANDFIELD k 4611686018427387903 WITHVALUES", "*2 $1 f $1 v", "*1 *2 $1 f $1 v");
  reply("HRANDFIELD k -9223372036854775808 WITHVALUES",
        "-ERR value is out of range, value must between -9223372036854775807 and "
        "9223372036854775807");
  reply("HRANDFIELD k WITHVALUES", "-ERR value is not an integer or out of range");
}

TEST_P(HashCommandsTest, WrongTypes) {
  reply("SET s text", "+OK");
  reply("HSET s a 1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HMSET s a 1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HSETNX s a 1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HGET s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HMGET s a b", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HGETALL s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HDEL s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HLEN s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HSTRLEN s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HEXISTS s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HKEYS s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HVALS s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HINCRBY s a 1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HINCRBY s a x", "-ERR value is not an integer or out of range");
  reply("HINCRBYFLOAT s a 1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HINCRBYFLOAT s a x", "-ERR value is not a valid float");
  reply("HRANDFIELD s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HRANDFIELD s 1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HRANDFIELD s x", "-ERR value is not an integer or out of range");
  reply("HSCAN s 0", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HSCAN s x", "-ERR invalid cursor");
  reply("GET s", "$4 text");
  reply("HSET k a 1", ":1");
  reply("GET k", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LPUSH k a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SADD k a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
}

TEST_P(HashCommandsTest, Arity) {
  reply("HSET k a", "-ERR wrong number of arguments for 'hset' command");
  reply("HSET k a 1 b", "-ERR wrong number of arguments for 'hset' command");
  reply("HMSET k a 1 b", "-ERR wrong number of arguments for 'hmset' command");
  reply("HMSET k", "-ERR wrong number of arguments for 'hmset' command");
  reply("HSETNX k a", "-ERR wrong number of arguments for 'hsetnx' command");
  reply("HSETNX k a 1 b", "-ERR wrong number of arguments for 'hsetnx' command");
  reply("HGET k", "-ERR wrong number of arguments for 'hget' command");
  reply("HGET k a b", "-ERR wrong number of arguments for 'hget' command");
  reply("HMGET k", "-ERR wrong number of arguments for 'hmget' command");
  reply("HGETALL", "-ERR wrong number of arguments for 'hgetall' command");
  reply("HGETALL k k", "-ERR wrong number of arguments for 'hgetall' command");
  reply("HDEL k", "-ERR wrong number of arguments for 'hdel' command");
  reply("HLEN k k", "-ERR wrong number of arguments for 'hlen' command");
  reply("HSTRLEN k", "-ERR wrong number of arguments for 'hstrlen' command");
  reply("HEXISTS k", "-ERR wrong number of arguments for 'hexists' command");
  reply("HKEYS", "-ERR wrong number of arguments for 'hkeys' command");
  reply("HVALS k k", "-ERR wrong number of arguments for 'hvals' command");
  reply("HINCRBY k a", "-ERR wrong number of arguments for 'hincrby' command");
  reply("HINCRBYFLOAT k a 1 2", "-ERR wrong number of arguments for 'hincrbyfloat' command");
  reply("HRANDFIELD", "-ERR wrong number of arguments for 'hrandfield' command");
  reply("HSCAN k", "-ERR wrong number of arguments for 'hscan' command");
  reply("EXISTS k", ":0");
}

TEST_P(HashCommandsTest, EncodingByFields) {
  reply("CONFIG SET hash-max-listpack-entries 3", "+OK");
  reply("HSET k a 1 b 2 c 3", ":3");
  reply("OBJECT ENCODING k", "$8 listpack");
  reply("HSET k a 4", ":0");
  reply("OBJECT ENCODING k", "$8 listpack");
  reply("HSET k d 5", ":1");
  reply("OBJECT ENCODING k", "$9 hashtable");
  reply("HDEL k d c b", ":3");
  reply("OBJECT ENCODING k", "$9 hashtable");
  reply("HGETALL k", "*2 $1 a $1 4", "%1 $1 a $1 4");
  reply("HSETNX n a 1", ":1");
  reply("HINCRBY n b 1", ":1");
  reply("HINCRBYFLOAT n c 1", "$1 1");
  reply("OBJECT ENCODING n", "$8 listpack");
  reply("HINCRBY n d 1", ":1");
  reply("OBJECT ENCODING n", "$9 hashtable");
  reply("CONFIG SET hash-max-listpack-entries 512", "+OK");
}

TEST_P(HashCommandsTest, EncodingByLengths) {
  reply("CONFIG SET hash-max-listpack-value 8", "+OK");
  reply("HSET k a 12345678", ":1");
  reply("HSET k 12345678 a", ":1");
  reply("OBJECT ENCODING k", "$8 listpack");
  reply("HSET k b 123456789", ":1");
  reply("OBJECT ENCODING k", "$9 hashtable");
  reply("HSET f 123456789 b", ":1");
  reply("OBJECT ENCODING f", "$9 hashtable");
  reply("HSETNX x a aaaaaaaaa", ":1");
  reply("OBJECT ENCODING x", "$9 hashtable");
  reply("HINCRBY i n 1234567890", ":1234567890");
  reply("OBJECT ENCODING i", "$9 hashtable");
  unordered("HGETALL k", "*6 $1 a $8 12345678 $1 b $9 123456789 $8 12345678 $1 a",
            "%3 $1 a $8 12345678 $1 b $9 123456789 $8 12345678 $1 a");
  unordered("HKEYS k", "*3 $1 a $1 b $8 12345678");
  unordered("HVALS k", "*3 $1 a $8 12345678 $9 123456789");
  reply("CONFIG SET hash-max-listpack-value 64", "+OK");
}

constexpr int kListpackFields = 512;

TEST_P(HashCommandsTest, DefaultEncodingLimits) {
  for (int i = 0; i < kListpackFields; ++i) {
    command({"HSET", "k", "f" + std::to_string(i), std::to_string(i)});
  }
  reply("OBJECT ENCODING k", "$8 listpack");
  reply("HSET k f0 again", ":0");
  reply("OBJECT ENCODING k", "$8 listpack");
  reply("HSET k one-more 1", ":1");
  reply("OBJECT ENCODING k", "$9 hashtable");
  reply("HLEN k", ":513");
  for (int i = 1; i < kListpackFields; ++i) {
    const std::string value = std::to_string(i);
    EXPECT_EQ(command({"HGET", "k", "f" + value}),
              "$" + std::to_string(value.size()) + " " + value);
  }
  command({"HSET", "v", "f", std::string(64, 'x')});
  reply("OBJECT ENCODING v", "$8 listpack");
  command({"HSET", "v", "f", std::string(65, 'x')});
  reply("OBJECT ENCODING v", "$9 hashtable");
}

// The fields of a reply to HRANDFIELD without values.
std::vector<std::string> fields(const std::string& reply) {
  const std::vector<std::string> words = split_reply(reply);
  std::vector<std::string> result;
  for (std::size_t i = 2; i < words.size(); i += 2) result.push_back(words[i]);
  return result;
}

TEST_P(HashCommandsTest, RandomFieldsOfMany) {
  for (const int size : {10, 1000}) {
    command({"DEL", "k"});
    for (int i = 0; i < size; ++i) command({"HSET", "k", std::to_string(i), "v"});
    for (const int count : {1, size / 10, size / 2, size - 1, size, size + 5}) {
      const auto found = fields(command({"HRANDFIELD", "k", std::to_string(count)}));
      EXPECT_EQ(found.size(), static_cast<std::size_t>(std::min(count, size)));
      EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), found.size());
      for (const std::string& field : found) EXPECT_EQ(command({"HEXISTS", "k", field}), ":1");
    }
    const auto repeated = fields(command({"HRANDFIELD", "k", std::to_string(-3 * size)}));
    EXPECT_EQ(repeated.size(), static_cast<std::size_t>(3 * size));
    EXPECT_GT(std::set<std::string>(repeated.begin(), repeated.end()).size(), 1U);
    EXPECT_EQ(split_reply(command({"HRANDFIELD", "k", "3", "WITHVALUES"})).size(), 1U + 2 * 6);
  }
}

// A repeated sample is bounded, unlike in Redis, which would reply until its memory is gone.
TEST_P(HashCommandsTest, RandomFieldsWithoutEnd) {
  constexpr char kRefused[] = "-ERR value is out of range";
  command({"HSET", "k", "f", "v"});
  EXPECT_EQ(command({"HRANDFIELD", "k", "-9223372036854775807"}), kRefused);
  EXPECT_EQ(command({"HRANDFIELD", "k", "-4611686018427387903", "WITHVALUES"}), kRefused);
  EXPECT_EQ(command({"HRANDFIELD", "k", "-16777217"}), kRefused);
  EXPECT_EQ(command({"HRANDFIELD", "absent", "-16777217"}), "*0");
}

TEST_P(HashCommandsTest, ScansOfSmallHashes) {
  reply("HSET k a 1 b 2 ab 3", ":3");
  reply("HSCAN k 0", "*2 $1 0 *6 $1 a $1 1 $1 b $1 2 $2 ab $1 3");
  reply("HSCAN k 0 COUNT 1", "*2 $1 0 *6 $1 a $1 1 $1 b $1 2 $2 ab $1 3");
  reply("HSCAN k 0 MATCH a*", "*2 $1 0 *4 $1 a $1 1 $2 ab $1 3");
  reply("HSCAN k 0 match ?b count 100", "*2 $1 0 *2 $2 ab $1 3");
  reply("HSCAN k 0 MATCH x*", "*2 $1 0 *0");
  reply("HSCAN absent 0", "*2 $1 0 *0");
  reply("HSCAN absent 17", "*2 $1 0 *0");
  reply("HSCAN absent x", "-ERR invalid cursor");
  reply("HSCAN absent 0 COUNT 0", "*2 $1 0 *0");
  reply("HSCAN k x", "-ERR invalid cursor");
  reply("HSCAN k -1 COUNT x", "-ERR value is not an integer or out of range");
  reply("HSCAN k 0 COUNT 0", "-ERR syntax error");
  reply("HSCAN k 0 COUNT -5", "-ERR syntax error");
  reply("HSCAN k 0 COUNT", "-ERR syntax error");
  reply("HSCAN k 0 MATCH", "-ERR syntax error");
  reply("HSCAN k 0 TYPE hash", "-ERR syntax error");
  reply("HSCAN k 0 NOVALUES", "-ERR syntax error");
  reply("HSCAN k 18446744073709551616", "-ERR invalid cursor");
}

// Every field that is there from the first call to the last is found, while the table grows to many
// times its size.
TEST_P(HashCommandsTest, ScansAreCompleteWhileGrowing) {
  constexpr int kFields = 600;
  constexpr int kAdded = 2000;
  for (int i = 0; i < kFields; ++i) command({"HSET", "k", "old" + std::to_string(i), "v"});
  int added = 0;
  const auto found = scan("HSCAN", "k", {"COUNT", "20"}, [&] {
    for (int i = 0; i < 100 && added < kAdded; ++i)
      command({"HSET", "k", "new" + std::to_string(added++), "v"});
  });
  const std::set<std::string> distinct(found.begin(), found.end());
  for (int i = 0; i < kFields; ++i) EXPECT_TRUE(distinct.contains("old" + std::to_string(i))) << i;
}

TEST_P(HashCommandsTest, ScansAreCompleteWhileShrinking) {
  constexpr int kFields = 3000;
  for (int i = 0; i < kFields; ++i) command({"HSET", "k", std::to_string(i), "v"});
  int removed = 0;
  const auto found = scan("HSCAN", "k", {}, [&] {
    for (int i = 0; i < 50 && removed < kFields - 100; ++i) {
      command({"HDEL", "k", std::to_string(removed++)});
    }
  });
  const std::set<std::string> distinct(found.begin(), found.end());
  for (int i = kFields - 100; i < kFields; ++i) EXPECT_TRUE(distinct.contains(std::to_string(i)));
}

TEST_P(HashCommandsTest, FieldsOfEveryEncoding) {
  const std::vector<std::string> elements = border_elements();
  // The last ones are long and convert the hash; until then each must be found again.
  for (std::size_t i = 0; i < elements.size(); ++i) {
    EXPECT_EQ(command({"HSET", "k", elements[i], elements[elements.size() - 1 - i]}), ":1");
    EXPECT_EQ(command({"HSET", "v", elements[i], elements[i]}), ":1");
    for (std::size_t j = 0; j <= i; j += 5) {
      EXPECT_EQ(command({"HGET", "v", elements[j]}), bulk_text(elements[j]));
    }
  }
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::string& value = elements[elements.size() - 1 - i];
    EXPECT_EQ(command({"HGET", "k", elements[i]}), bulk_text(value));
    EXPECT_EQ(command({"HSTRLEN", "k", elements[i]}), ":" + std::to_string(value.size()));
    EXPECT_EQ(command({"HDEL", "k", elements[i]}), ":1");
  }
  reply("EXISTS k", ":0");
}

INSTANTIATE_COMMAND_SCRIPTS(HashCommandsTest);

}  // namespace
}  // namespace weir::redis
